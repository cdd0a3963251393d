import Foundation
import LMDB

/// What `ledger.conf`, the environment and the flags say together.
///
/// A flag goes before an environment variable, that before the file, that before the default. An
/// unknown key, a key that stands twice or a bad value is an error with file and line.
public struct Settings: Sendable {
    private var values: [String: String] = [:]
    /// The file that was read, if there was one.
    let file: String?

    /// Reads the file that was named, else `ledger.conf` in the current folder if there is one.
    public init(
        file: String?, environment: [String: String]? = nil
    ) throws {
        let environment = environment ?? ProcessInfo.processInfo.environment
        let named = file ?? environment["RAZAO_CONFIG"]
        let path = named ?? "ledger.conf"
        if named != nil || FileManager.default.fileExists(atPath: path) {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw CommandError("cannot read the settings in \(path); check the path")
            }
            values = try Self.parse(text, path: path)
            self.file = path
        } else {
            self.file = nil
        }
        try Self.checkNames(environment)
        for key in SettingKey.all {
            guard let value = environment[key.variable] else { continue }
            if let wanted = key.check(value) {
                throw CommandError(
                    "the environment variable \(key.variable) is \"\(value)\"; give \(wanted)")
            }
            values[key.name] = value
        }
    }

    /// Variables that are no settings.
    private static let otherVariables = ["RAZAO_CONFIG", "RAZAO_ACTOR"]
    /// Those of the project's own tests and tools, in whose surroundings the program may run.
    private static let toolVariables: Set = [
        "RAZAO_TEST_SEED", "RAZAO_TEST_WHOLE", "RAZAO_WRITE_GOLDEN", "RAZAO_SHARED_DATA",
        "RAZAO_DEMO_DATA",
    ]

    /// Refuses a variable that looks like one of ours and is none: what it was meant to say would
    /// be ignored without a word.
    private static func checkNames(_ environment: [String: String]) throws {
        let known = SettingKey.all.map(\.variable) + otherVariables
        let unknown = environment.keys.filter {
            $0.hasPrefix("RAZAO_") && !known.contains($0) && !toolVariables.contains($0)
        }
        guard let name = unknown.min() else { return }
        let written = name.uppercased()
        let nearest = known.min { written.distance(to: $0) < written.distance(to: $1) } ?? ""
        throw CommandError(
            "there is no environment variable \(name); the nearest is \(nearest): correct or "
                + "unset it")
    }

    /// The keys and values of a file's text. Throws with file and line at the first fault.
    static func parse(_ text: String, path: String) throws -> [String: String] {
        var values: [String: String] = [:]
        var lines: [String: Int] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let place = "\(path):\(index + 1)"
            let bare = line.trimmingCharacters(in: .whitespaces)
            guard !bare.isEmpty, !bare.hasPrefix("#") else { continue }
            guard let equals = bare.firstIndex(of: "=") else {
                throw CommandError("\(place): \"\(bare)\" is not of the form key = value")
            }
            let name = bare[..<equals].trimmingCharacters(in: .whitespaces)
            let value = bare[bare.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            guard let key = SettingKey.named(name) else {
                throw CommandError(
                    "\(place): there is no setting \"\(name)\"; the keys are "
                        + SettingKey.all.map(\.name).joined(separator: ", ")
                        + ", provider.NAME."
                        + SettingKey.ofProviders.map(\.name).joined(separator: "|")
                        + " and tokenizer.NAME."
                        + SettingKey.ofTokenizers.map(\.name).joined(separator: "|"))
            }
            if let first = lines[name] {
                throw CommandError("\(place): \(name) stands already on line \(first); keep one")
            }
            if let wanted = key.check(value) {
                throw CommandError("\(place): \(name) is \"\(value)\"; give \(wanted)")
            }
            values[name] = value
            lines[name] = index + 1
        }
        return values
    }

    /// The value of a key.
    func text(_ name: String) -> String {
        values[name] ?? SettingKey.named(name)?.defaultValue ?? ""
    }

    /// The names of the settings that were given a value.
    var names: Set<String> { Set(values.keys) }

    /// The names of the providers that the file speaks of.
    var providers: [String] { names("provider") }

    /// The names of the tokenizers that the file speaks of.
    var tokenizers: [String] { names("tokenizer") }

    private func names(_ kind: String) -> [String] {
        Set(
            values.keys.compactMap { name -> String? in
                let parts = name.split(separator: ".")
                return parts.count == 3 && parts[0] == kind ? String(parts[1]) : nil
            }
        ).sorted()
    }

    /// The words of a list, with commas between them.
    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }

    func bytes(_ name: String) -> Int { Self.bytes(text(name)) ?? 0 }

    static func bytes(_ text: String) -> Int? {
        let parts = text.split(separator: " ")
        let units = ["KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40]
        guard parts.count == 2, let count = Int(parts[0]), let shift = units[String(parts[1])],
            count > 0, count < 1 << 20, shift < 40 || count <= 64
        else { return nil }
        return count << shift
    }

    static func seconds(_ text: String, atMost limit: Int = 300) -> Int? {
        guard text.hasSuffix(" s"), let count = Int(text.dropLast(2)), (1...limit).contains(count)
        else { return nil }
        return count
    }

    static func hours(_ text: String) -> Int? {
        guard text.hasSuffix(" h"), let count = Int(text.dropLast(2)), (1...720).contains(count)
        else { return nil }
        return count
    }

    static func percent(_ text: String) -> Int? {
        guard text.hasSuffix(" %"), let count = Int(text.dropLast(2)), (1...100).contains(count)
        else { return nil }
        return count
    }
}

/// A refusal in one sentence, shown to the person and ending the command with status 1.
public struct CommandError: Error, CustomStringConvertible {
    /// The sentence.
    public let description: String

    init(_ description: String) { self.description = description }

    /// What a person is told of an error: with the setting to change where one helps.
    static func sentence(_ error: any Error) -> String {
        guard let full = error as? LMDBError, full.kind == .mapFull else {
            let text = "\(error)"
            return text.hasSuffix(".") ? text : text + "."
        }
        return "\(full.path) is full: it has reached storage.map_limit; raise that in ledger.conf."
    }
}

extension String {
    /// How many letters have to be added, left out or replaced to make the other text of this one.
    fileprivate func distance(to other: String) -> Int {
        let (left, right) = (Array(utf8), Array(other.utf8))
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
