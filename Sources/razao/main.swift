import Commands

Razao.main()
