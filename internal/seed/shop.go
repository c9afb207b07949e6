package seed

import "time"

// shop is what a brand sells, and when people buy it.
type shop struct {
	prefix     string   // of order ids
	categories []string // the first ones sell best
	products   [][]product
	shipping   int64 // below free
	free       int64
	season     [12]int // how busy each month is
	home       []int   // weights of the locations, in the order of Places
	reasons    []string
}

// product has prices in minor units. A cost of 0 is not known.
type product struct {
	sku, title  string
	price, cost int64
}

var shops = map[string]*shop{
	"aurora": {
		prefix: "AG", shipping: 395, free: 5000,
		season:     [12]int{75, 80, 85, 90, 90, 85, 80, 80, 90, 100, 135, 170},
		home:       []int{50, 30, 20},
		reasons:    []string{"Arrived broken", "Not as expected", "Wrong colour", "Ordered twice", "Arrived after the birthday"},
		categories: []string{"Candles", "Kitchen", "Textiles", "Ceramics", "Stationery", "Lighting", "Garden", "Toys", "Seasonal"},
		products: [][]product{
			{{"CAN-110", "Beeswax pillar candle", 1450, 610}, {"CAN-121", "Fig and cedar candle", 2200, 840}, {"CAN-140", "Dinner candles, set of six", 1200, 480}, {"CAN-155", "Travel candle tin", 950, 0}, {"CAN-162", "Tea lights, box of fifty", 750, 260}},
			{{"KIT-204", "Enamel pie dish", 1850, 790}, {"KIT-210", "Oak chopping board", 3400, 1510}, {"KIT-222", "Linen apron", 2950, 1180}, {"KIT-231", "Cast-iron casserole, 4 l", 8900, 4650}, {"KIT-240", "Brass measuring spoons", 1600, 0}, {"KIT-251", "Glass storage jars, set of three", 2400, 1020}},
			{{"TEX-301", "Lambswool throw, heather", 6900, 3300}, {"TEX-312", "Quilted cushion, moss", 3200, 1290}, {"TEX-320", "Striped bath towel", 2100, 880}, {"TEX-333", "Linen tablecloth", 5400, 2350}, {"TEX-340", "Bed socks", 1400, 0}},
			{{"CER-401", "Speckled mug", 1250, 430}, {"CER-408", "Stoneware bowl", 1650, 560}, {"CER-415", "Bud vase, sea green", 1900, 640}, {"CER-422", "Serving platter", 4200, 1730}, {"CER-430", "Teapot for two", 3800, 1490}},
			{{"STA-501", "Letterpress birthday card", 395, 110}, {"STA-507", "Dotted notebook, A5", 1150, 420}, {"STA-515", "Wrapping paper, three sheets", 650, 190}, {"STA-520", "Fountain pen, walnut", 4800, 2280}, {"STA-533", "Year planner", 1500, 0}},
			{{"LIG-601", "Paper pendant lamp", 4500, 1900}, {"LIG-609", "Bedside lamp, brass", 7900, 3850}, {"LIG-614", "Festoon lights, 10 m", 3600, 1480}, {"LIG-620", "Storm lantern", 2800, 1150}},
			{{"GAR-701", "Terracotta pots, set of three", 2600, 1010}, {"GAR-705", "Copper watering can", 5200, 2470}, {"GAR-712", "Wildflower seed bombs", 850, 230}, {"GAR-720", "Bird feeder", 2200, 870}, {"GAR-733", "Kneeling mat", 1700, 0}},
			{{"TOY-801", "Wooden train", 2700, 1120}, {"TOY-808", "Rag doll", 2450, 930}, {"TOY-815", "Kite kit", 1950, 760}, {"TOY-821", "Marble run", 3900, 1680}},
			{{"SEA-901", "Felt star garland", 1800, 620}, {"SEA-905", "Glass baubles, set of eight", 2600, 940}, {"SEA-911", "Advent calendar house", 4900, 2150}, {"SEA-918", "Egg cosies", 1100, 350}, {"SEA-924", "Wreath ring, willow", 1600, 0}},
		},
	},
	"meridian": {
		prefix: "MS", shipping: 795, free: 7500,
		season:     [12]int{75, 70, 80, 95, 115, 125, 120, 105, 90, 90, 110, 130},
		home:       []int{48, 30, 22},
		reasons:    []string{"Wrong size", "Zip failed", "Trip was called off", "Leaked on the first night", "Ordered twice"},
		categories: []string{"Clothing", "Footwear", "Packs", "Tents", "Cooking", "Sleeping", "Hydration", "Climbing", "Navigation"},
		products: [][]product{
			{{"CL-1010", "Merino base layer", 8900, 3900}, {"CL-1022", "Rain shell, slate", 17900, 8400}, {"CL-1035", "Trail shorts", 6400, 2600}, {"CL-1041", "Down vest", 14900, 7100}, {"CL-1050", "Wool beanie", 2800, 0}},
			{{"FW-1110", "Approach shoes", 13900, 6600}, {"FW-1121", "Leather hiking boots", 21900, 11200}, {"FW-1130", "Camp sandals", 5900, 2400}, {"FW-1144", "Hiking socks, two pairs", 3200, 1150}},
			{{"PK-1203", "Day pack, 22 l", 9800, 4300}, {"PK-1214", "Expedition pack, 65 l", 26900, 13100}, {"PK-1220", "Pack rain cover", 3400, 1200}, {"PK-1231", "Hip pouch", 4200, 0}},
			{{"TN-1301", "Two-person tent", 34900, 17800}, {"TN-1310", "Tarp, 3 x 3 m", 11900, 5200}, {"TN-1322", "Tent stakes, set of ten", 2900, 980}, {"TN-1330", "Footprint", 5400, 2100}},
			{{"CK-1401", "Canister stove", 5900, 2450}, {"CK-1412", "Titanium pot, 0.9 l", 6900, 3150}, {"CK-1420", "Spork", 1200, 310}, {"CK-1433", "Dried chili, serves two", 1150, 520}, {"CK-1440", "Coffee press mug", 3900, 0}},
			{{"SL-1501", "Three-season sleeping bag", 24900, 12600}, {"SL-1510", "Insulated mat", 14900, 7300}, {"SL-1522", "Camp pillow", 3900, 1400}, {"SL-1530", "Silk liner", 6900, 2900}},
			{{"HY-1601", "Water filter", 4400, 1800}, {"HY-1608", "Steel bottle, 1 l", 3600, 1300}, {"HY-1615", "Hydration bladder, 3 l", 4100, 0}},
			{{"CB-1701", "Climbing harness", 7900, 3500}, {"CB-1710", "Dynamic rope, 60 m", 22900, 12400}, {"CB-1722", "Chalk bag", 2600, 800}, {"CB-1730", "Locking carabiner", 1700, 690}},
			{{"NV-1801", "Base plate compass", 4900, 2050}, {"NV-1810", "Topographic map, White Mountains", 1495, 640}, {"NV-1822", "Headlamp, 400 lm", 6900, 2700}},
		},
	},
}

// busy says how many of 240 tries an order on this day comes true: by season and day of the week.
func (s *shop) busy(day time.Time) int {
	weight := s.season[day.Month()-1]
	switch day.Weekday() {
	case time.Sunday:
		weight = weight * 12 / 10
	case time.Tuesday, time.Wednesday:
		weight = weight * 8 / 10
	}
	return weight
}
