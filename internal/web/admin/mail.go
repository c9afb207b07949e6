package admin

func mailPages(r routes) {}
