package admin

func overviewPages(r routes) {}
func auditPages(r routes)    {}
