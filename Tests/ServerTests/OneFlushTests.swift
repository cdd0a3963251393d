import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import Server

// What leaves a connection together, without a socket.
@Suite struct `An answer's parts` {
    /// What a step does, and which parts have left after it.
    private enum Step {
        case write(HTTPResponsePart)
        case flush
        /// The turn of the loop ends.
        case turn
        case close
    }

    private static let head = HTTPResponsePart.head(HTTPResponse(status: .ok))
    private static let goOn = HTTPResponsePart.head(HTTPResponse(status: .continue))
    private static let bytes = HTTPResponsePart.body(ByteBuffer(string: "x"))
    private static let end = HTTPResponsePart.end(nil)

    private static let stories: [[(Step, Int)]] = [
        // The head waits for the first bytes, which leave at once.
        [(.write(head), 0), (.flush, 0), (.write(bytes), 0), (.flush, 2)],
        // For no longer than the turn; bytes that come later leave at once all the same.
        [
            (.write(head), 0), (.flush, 0), (.turn, 1), (.write(bytes), 1), (.flush, 2),
            (.turn, 2),
        ],
        // What follows in one turn leaves with it.
        [
            (.write(head), 0), (.write(bytes), 0), (.flush, 2), (.write(bytes), 2), (.flush, 2),
            (.write(end), 2), (.flush, 2), (.turn, 4),
        ],
        // An answer without a body leaves at once, and so does a word to go on.
        [(.write(head), 0), (.write(end), 0), (.flush, 2)],
        [(.write(goOn), 0), (.flush, 1), (.write(head), 1), (.flush, 1), (.turn, 2)],
        // What is written goes out before the connection does.
        [
            (.write(head), 0), (.write(bytes), 0), (.flush, 2), (.write(bytes), 2), (.flush, 2),
            (.close, 3), (.turn, 3),
        ],
    ]

    @Test(arguments: stories.indices) func `leave together`(story: Int) throws {
        let channel = EmbeddedChannel(handler: OneFlush())
        var left = 0
        for (number, (step, expected)) in Self.stories[story].enumerated() {
            switch step {
            case .write(let part): channel.write(part, promise: nil)
            case .flush: channel.flush()
            case .turn: channel.embeddedEventLoop.run()
            case .close: channel.close(promise: nil)
            }
            while try channel.readOutbound(as: HTTPResponsePart.self) != nil { left += 1 }
            #expect(left == expected, "step \(number + 1)")
        }
    }
}
