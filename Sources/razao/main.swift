import ArgumentParser
import Commands

Razao.prepare()
Razao.main()
