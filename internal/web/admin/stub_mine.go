package admin

func overviewPages(r routes) {}
func profilePages(r routes)  {}
func editPages(r routes)     {}
func statusPages(r routes)   {}
func rolePages(r routes)     {}
func ordersPages(r routes)   {}
func auditPages(r routes)    {}
