import Glibc

/// The last resort of a program whose pages were damaged while nobody looked.
///
/// What `checkPages` and opening do not see, because a file is large or was damaged since, can make
/// the library stop the process. A command can at least say so in a sentence.
public enum MapFault {
    // Written once, before any signal that reads it can come.
    nonisolated(unsafe) private static var sentence: StaticString = ""

    /// From now on a fault within the map, or an assertion of the library, ends the process with
    /// status 1 and this line on standard error, where it would end by a signal.
    ///
    /// For the main program of a command, which has nothing to lose: commits are whole whenever a
    /// process ends. Faults of the program itself look the same, so the line should not exclude
    /// them.
    public static func exits(saying line: StaticString) {
        unsafe sentence = line
        for number in [SIGSEGV, SIGBUS, SIGABRT] {
            signal(number) { _ in
                // Nothing here allocates or locks: the process may be anywhere.
                unsafe write(
                    STDERR_FILENO, MapFault.sentence.utf8Start, MapFault.sentence.utf8CodeUnitCount)
                _exit(1)
            }
        }
    }
}
