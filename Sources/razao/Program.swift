import ArgumentParser
import Commands

@main
enum Program {
    static func main() async {
        Razao.prepare()
        await Razao.main()
    }
}
