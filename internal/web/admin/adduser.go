package admin

func addUserPages(r routes) {}
