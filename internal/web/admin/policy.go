package admin

import (
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web"
)

// policyForm is a brand's privacy policy, as it is or as it was typed, and what is wrong with it.
type policyForm struct {
	Setting            string
	Version, Text, URL string
	Since              string // when this version was set; empty: never
	troubles
}

func policyOf(v *web.Visit) (*policyForm, error) {
	p, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, consent.ShowPolicy, brand.ID(v.R.PathValue("brand")))
	f := &policyForm{Setting: number(p.Setting), Version: p.Version, Text: p.Text, URL: p.URL}
	if p.Since != 0 {
		f.Since = "Since " + v.Clock().Date(moment(p.Since)) + "."
	}
	return f, err
}

// changePolicy sets a brand's privacy policy. Whoever accepted another version is asked again.
func changePolicy(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	b, err := theBrand(v)
	if err != nil {
		return err
	}
	in := consent.PolicyChange{
		Brand: b.ID, Setting: version(form.Get("setting")), Version: strings.TrimSpace(form.Get("version")), Text: form.Get("text"), URL: strings.TrimSpace(form.Get("url")),
	}
	here := "/admin/settings/brands/" + string(b.ID)
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, consent.ChangePolicy, in); err != nil {
		t, ok := wrong(v, err, "version", "text", "url")
		if !ok {
			return err
		}
		return showBrand(v, t.status, brandProps{
			Action: here, Name: b.Name, Slug: b.Slug, Title: b.Name, Currency: string(b.Currency), Zone: b.Zone, Version: number(b.Version),
			Policy: &policyForm{Setting: form.Get("setting"), Version: in.Version, Text: in.Text, URL: in.URL, troubles: t},
		}, troubles{})
	}
	return v.Gone(here)
}
