/// Lends an array's bytes to a reader, as a stored record is lent by its transaction.
public func lending<R>(_ bytes: [UInt8], _ body: (RawSpan) throws -> R) rethrows -> R {
    let span = bytes.span
    return try body(unsafe span.bytes)
}
