package access

// The catalogue. The names ("orders.refund") are what is stored, sent and documented, and are never renamed once shipped;
// the numbers are private to one build, so that an area may grow in its place. The areas stand in the order in which
// forms show them: those of the Add user form first, then the rest.
const (
	_ Permission = iota // the zero permission is nobody's: an operation that forgot to say what it needs is refused

	ProductsView
	ProductsCreate
	ProductsEdit
	ProductsDelete
	ProductsInventory

	OrdersView
	OrdersProcess
	OrdersRefund
	OrdersCancel

	CustomersView
	CustomersEdit
	CustomersPurchases
	CustomersFinancials
	CustomersNotes
	CustomersTags
	CustomersMerge
	CustomersEmail
	CustomersExport
	CustomersBankDetails

	LoyaltyView
	LoyaltyAdjust
	LoyaltyGoodwill
	LoyaltyConfigure

	PromotionsView
	PromotionsEdit

	AnalyticsView

	SettingsView
	SettingsEdit

	WalletsView
	WalletsAdjust

	WithdrawalsView
	WithdrawalsManage

	ReportsRevenue
	ReportsCustomerSpend
	ReportsGrowth

	CompetitionsView
	CompetitionsEdit
	CompetitionsArchive
	CompetitionsDelete

	WinnersManage

	FulfilmentManage

	PagesEdit

	MediaEdit

	MenusEdit

	HomepageEdit

	CampaignsView
	CampaignsEdit
	CampaignsSend

	SegmentsView
	SegmentsEdit

	UsersView
	UsersEdit
	UsersInvite
	UsersDeactivate
	UsersSuspend
	UsersBan
	UsersArchive
	UsersRestore
	UsersDelete
	UsersResetPassword
	UsersVerifyIdentity
	UsersImpersonate
	UsersImpersonateWrite
	UsersSessions

	StaffRolesView
	StaffRolesAssign

	RolesView
	RolesManage

	CompaniesView
	CompaniesEdit

	CompanyUsersView
	CompanyUsersCreate
	CompanyUsersEdit
	CompanyUsersDelete
	CompanyUsersRestore
	CompanyUsersForceDelete
	CompanyUsersRole

	CompanyLocationsView
	CompanyLocationsEdit
	CompanyLocationsAssign

	BudgetsView
	BudgetsManage

	CompanyOrdersRequest
	CompanyOrdersPlace
	CompanyOrdersApprove

	SecurityView
	SecurityEdit

	SystemConfigure
	SystemPurge
	SystemBackup
	SystemKeys

	AuditView
	AuditExport

	APIKeysManage

	WebhooksManage

	AccessCheck

	FactsIngest

	ImportsRun

	SuppressionsView
	SuppressionsManage

	RiskView
	RiskManage

	BrandsCreate

	OwnProfile
	OwnOrders
	OwnEntries
	OwnPrivacy

	end // one past the last
)
