import Commands

Razao.start()
