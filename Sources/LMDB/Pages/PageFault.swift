/// What is wrong with a page of a data file.
struct PageFault: Error {
    /// The page, counted from 0 in units of the file's page size.
    let page: UInt64
    /// What is wrong, as a part of a sentence that begins with the page.
    let detail: String

    init(_ page: UInt64, _ detail: String) {
        self.page = page
        self.detail = detail
    }

    /// The error that a caller of this module sees.
    func error(_ operation: String, path: String) -> LMDBError {
        LMDBError(
            .corrupted, operation: operation, path: path,
            "page \(page) of data.mdb is damaged: \(detail); stop and restore it from a backup.",
            page: page)
    }
}
