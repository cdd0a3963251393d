// How an environment is opened: sizes, bounds and durability.

extension Environment {
    /// How an environment is opened.
    public struct Options: Sendable, Hashable {
        /// The size of the memory map in bytes, rounded to pages; address space, not memory or
        /// disk.
        ///
        /// Default 64 GiB. A data file that is larger already gets a map of its own size.
        public var mapSize: Int
        /// Where doubling the map ends, in bytes, and with it the growth of the data file.
        ///
        /// Default 1 TiB; a limit below `mapSize` counts as `mapSize`.
        public var mapLimit: Int
        /// How many named databases may be open; default 16.
        public var maxDatabases: Int
        /// How many reads may be open at once over all processes; default 1,024.
        ///
        /// The process that opens the environment first decides.
        public var maxReaders: Int
        /// Refuse all writes; default false. The data file must exist.
        public var readOnly: Bool
        /// How long one scan of a read may last before `readTooOld`; default 30 s.
        ///
        /// Old reads keep freed pages from being used again, and so make the file grow.
        public var maxReadAge: Duration
        /// Whether a commit waits for the disk; default true.
        ///
        /// With false a crash of the system may lose or damage everything: only for environments
        /// that can be rebuilt.
        public var durable: Bool
        /// The largest data file, in bytes, that is checked whole when it is opened.
        ///
        /// Default 64 MiB. Of a larger one the upper levels are. See ``Environment/checkPages()``.
        public var checkLimit: Int

        /// Makes options; what is left out has its default.
        public init(
            mapSize: Int = 64 << 30, mapLimit: Int = 1 << 40, maxDatabases: Int = 16,
            maxReaders: Int = 1024, readOnly: Bool = false, maxReadAge: Duration = .seconds(30),
            durable: Bool = true, checkLimit: Int = 64 << 20
        ) {
            self.mapSize = mapSize
            self.mapLimit = mapLimit
            self.maxDatabases = max(maxDatabases, 0)
            self.maxReaders = max(maxReaders, 1)
            self.readOnly = readOnly
            self.maxReadAge = maxReadAge
            self.durable = durable
            self.checkLimit = checkLimit
        }
    }
}
