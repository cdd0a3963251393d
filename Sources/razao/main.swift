import ArgumentParser
import Commands

Razao.main()
