import ArgumentParser
import Ledger

/// What has to be said of another system's calls, as far as its files do not say it.
struct ForeignImportOptions: ParsableArguments {
    @Option(
        help: """
            The column that names the client: team_id, end_user, user, api_key, \
            organization_id, team_alias, key_alias or another.
            """)
    var clientFrom: String?
    @Option(help: "The provider of calls that name none.") var provider: String?
    @Option(
        help: ArgumentHelp(
            "Our name of a provider: gemini=google. May be given several times.",
            valueName: "theirs=ours"))
    var renameProvider: [String] = []
    @Option(help: "The zone of times that have none; default: UTC.") var timeZone: String?
    @Option(help: "Members of metadata to be kept as tags, with commas; default: none.")
    var metadataTags: String?
    @Option(help: "How many decimals recorded costs have, at most 12.")
    var costDecimals = CostComparison.decimals
    @Option(help: ArgumentHelp("A CSV file for all differences.", valueName: "file"))
    var differences: String?

    func validate() throws {
        guard (2...CostComparison.decimals).contains(costDecimals) else {
            throw ValidationError(
                "--cost-decimals \(costDecimals): give 2 to \(CostComparison.decimals).")
        }
    }

    /// The first of these options that was given.
    var given: String? {
        if clientFrom != nil { return "--client-from" }
        if provider != nil { return "--provider" }
        if !renameProvider.isEmpty { return "--rename-provider" }
        if timeZone != nil { return "--time-zone" }
        if metadataTags != nil { return "--metadata-tags" }
        if costDecimals != CostComparison.decimals { return "--cost-decimals" }
        return differences != nil ? "--differences" : nil
    }

    func reader(_ layout: ForeignLayout, client: String?) throws -> ForeignUsage {
        var options = ForeignOptions()
        options.client = client
        options.clientFrom = clientFrom
        options.provider = provider
        options.providers = try NamePairs.parse(renameProvider, "--rename-provider gemini=google")
        if let timeZone { options.zone = try ZoneRules.named(timeZone) }
        options.metadataTags =
            metadataTags?.split(separator: ",").map { String($0) } ?? []
        return ForeignUsage(layout, options)
    }
}

/// Options of the form `theirs=ours`.
enum NamePairs {
    static func parse(_ texts: [String], _ example: String) throws -> [String: String] {
        var pairs: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1).map { String($0) }
            guard parts.count == 2 else {
                throw CommandError("\"\(text)\" is no pair of names; write it like \(example)")
            }
            guard pairs.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw CommandError("\"\(parts[0])\" is given twice; leave one of \(example)")
            }
        }
        return pairs
    }
}
