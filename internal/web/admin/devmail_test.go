package admin_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestTheDemoShowsItsMailWithTheCode(t *testing.T) {
	t.Parallel()
	k := opened(t, true)
	kim, _ := k.staff("support", k.aurora)
	k.as("ada@desk.example")
	begins(k, kim, "shop_manager")
	code := k.code(k.ada)
	b := k.client()
	list := b.get("/dev/mail").wants(http.StatusOK).says(code + " confirms: Change the role of Kim")
	if b.get("/dev/mail?follow=1").header.Get("Refresh") == "" || list.header.Get("Refresh") != "" {
		t.Error("the list follows new mail only when asked to")
	}
	path := ""
	for _, row := range list.all("a", "class=st-rowlink") {
		if strings.Contains(text(row), code) {
			path = value(row, "href")
		}
	}
	b.get(path).wants(http.StatusOK).says("Code: " + code).says("Shop Manager")
	mail := b.get(path + "/html").wants(http.StatusOK)
	if policy := mail.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") {
		t.Errorf("the mail's own policy is %q", policy)
	}
	b.get("/dev/mail/mai_nothing").wants(http.StatusNotFound)
}
