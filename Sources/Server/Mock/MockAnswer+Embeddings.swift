import Foundation
import Ledger

/// OpenAI's embeddings. Source: platform.openai.com/docs/api-reference/embeddings.
extension MockAnswer {
    var wholeEmbeddings: String {
        let vectors = call.vectors
        let rows = vectors.inputs.enumerated().map { index, input in
            let numbers = Self.vector(input, vectors.dimensions)
            let shown: String
            if vectors.isBase64 {
                let bytes = numbers.flatMap { number in
                    (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> ($0 * 8)) }
                }
                shown = "\"" + Data(bytes).base64EncodedString() + "\""
            } else {
                shown = "[" + numbers.map { "\($0)" }.joined(separator: ",") + "]"
            }
            return #"{"object":"embedding","index":\#(index),"embedding":\#(shown)}"#
        }
        let usage =
            hasUsage
            ? #","usage":{"prompt_tokens":\#(tokens.input),"total_tokens":\#(tokens.input)}"# : ""
        return #"{"object":"list","data":[\#(rows.joined(separator: ","))],"#
            + #""model":\#(model)\#(usage)}"#
    }

    /// A vector of length one, the same for the same text.
    private static func vector(_ text: String, _ dimensions: Int) -> [Float] {
        var draw = MockDraw(seed: text.utf8.reduce(0) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
        let numbers = (0..<dimensions).map { _ in Float(draw.share() * 2 - 1) }
        let length = numbers.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? numbers.map { $0 / length } : numbers
    }
}
