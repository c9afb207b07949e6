package admin

func settingsPages(r routes) {}
