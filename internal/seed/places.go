package seed

import (
	"strconv"
	"strings"
)

// country is where somebody lives: how addresses and telephones look there. Telephone numbers are of the ranges that the
// authorities keep for films and books, where there are such; # is a digit.
type country struct {
	code    string   // ISO 3166-1
	streets []string // %n is the house number
	towns   []string // # is a digit, @ a letter
	phone   string
}

var countries = []country{
	{"GB", []string{"%n Mill Lane", "%n Station Road", "%n Victoria Terrace", "%n Church Street", "Flat 3, %n Otley Road", "%n The Crescent", "%n Albion Street", "%n Bishopthorpe Road"},
		[]string{"Leeds LS# #@@", "York YO## #@@", "Hull HU# #@@", "Sheffield S## #@@", "Manchester M## #@@", "Newcastle NE# #@@", "London SE## #@@", "Bristol BS# #@@", "Edinburgh EH# #@@", "Harrogate HG# #@@"}, "07700 900###"},
	{"IE", []string{"%n Patrick Street", "%n Harbour View", "%n Rathmines Road"}, []string{"Dublin D0# @##@", "Cork T12 @##@", "Galway H91 @##@"}, "+353 20 91# ####"},
	{"FR", []string{"%n rue Pasteur", "%n avenue de la Gare", "%n rue des Lilas"}, []string{"69003 Lyon", "75011 Paris", "44000 Nantes", "31000 Toulouse"}, "+33 6 39 98 ## ##"},
	{"DE", []string{"Lindenstraße %n", "Bahnhofstraße %n", "Am Markt %n"}, []string{"50670 Köln", "10115 Berlin", "20095 Hamburg", "80331 München"}, "+49 171 39200##"},
	{"NL", []string{"Dorpsstraat %n", "Molenweg %n", "Keizersgracht %n"}, []string{"1015 @@ Amsterdam", "3511 @@ Utrecht", "9711 @@ Groningen"}, ""},
	{"ES", []string{"Calle Mayor %n", "Calle del Sol %n", "Avenida de la Paz %n"}, []string{"28004 Madrid", "08003 Barcelona", "41001 Sevilla"}, ""},
	{"IT", []string{"Via Garibaldi %n", "Via Roma %n", "Corso Italia %n"}, []string{"20121 Milano", "00184 Roma", "40121 Bologna"}, ""},
	{"PL", []string{"ul. Długa %n", "ul. Kwiatowa %n", "ul. Polna %n"}, []string{"31-001 Kraków", "00-001 Warszawa", "80-001 Gdańsk"}, ""},
	{"DK", []string{"Nørregade %n", "Strandvejen %n"}, []string{"2100 København Ø", "8000 Aarhus C"}, ""},
	{"NO", []string{"Storgata %n", "Kirkeveien %n"}, []string{"0150 Oslo", "5003 Bergen"}, ""},
	{"US", []string{"%n Maple Avenue", "%n Atlantic Avenue, Apt 4B", "%n Walnut Street", "%n Commonwealth Avenue", "%n Prospect Place", "%n Elm Street", "%n Hillside Drive"},
		[]string{"Brooklyn, NY 112##", "New York, NY 100##", "Boston, MA 02110", "Cambridge, MA 02139", "Philadelphia, PA 191##", "Burlington, VT 05401", "Portland, ME 04101", "Denver, CO 802##", "Seattle, WA 981##"}, "(212) 555-01##"},
	{"CA", []string{"%n Queen Street", "%n Rue Saint-Denis", "%n Granville Street"}, []string{"Toronto ON @#@ #@#", "Montréal QC @#@ #@#", "Vancouver BC @#@ #@#"}, "+1 416 555-01##"},
	{"MX", []string{"Calle Hidalgo %n", "Av. Juárez %n"}, []string{"06000 Ciudad de México", "44100 Guadalajara"}, ""},
	{"AU", []string{"%n George Street", "%n Beach Road"}, []string{"Sydney NSW 2000", "Melbourne VIC 3000"}, "0491 570 ###"},
	{"JP", []string{"Sakura-cho 2-%n", "Minami 1-%n"}, []string{"Kyoto 604-0000", "Tokyo 150-0000"}, ""},
}

// living says how many of a brand's customers live where, and which names stand on doors there beside the country's own.
var living = map[string][]int{ // as countries
	"aurora":   {780, 60, 30, 30, 20, 20, 15, 12, 8, 8, 10, 3, 0, 2, 2},
	"meridian": {15, 2, 4, 8, 2, 4, 3, 1, 1, 1, 840, 80, 25, 8, 6},
}

var newcomers = strings.Fields("IN IN IN PL PL IE IE IT IT ES ES FR DE PT TR TR RO GR UA RU BG RS HR IL IL BR BR MX MX AR JP KR KR CN CN NP GE AM CZ HU IS FI NO DK LT EE NL CA AU NZ")

// write fills a pattern: # is a digit, @ a letter.
func write(d *dice, pattern string) string {
	b := []byte(pattern)
	for i, c := range b {
		switch c {
		case '#':
			b[i] = byte('0' + d.n(10))
		case '@':
			b[i] = "ABDEFGHJLNPQRSTUWXYZ"[d.n(20)]
		}
	}
	return string(b)
}

func (c *country) address(d *dice) string {
	street := strings.Replace(one(d, c.streets), "%n", strconv.Itoa(d.between(1, 180)), 1)
	return street + "\n" + write(d, one(d, c.towns))
}
