package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/world"
)

func TestAHundredWrongPasswordsSwitchItOffAndThePersonIsTold(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		s := &shop{World: w, t: t}
		kim := w.Member("kim")
		try := func(password string) error {
			_, err := w.Desk.SignIn(t.Context(), s.stranger(), auth.Try{Audience: session.Staff, Email: kim.Email, Password: password})
			return err
		}
		told := func() (paths []string) {
			for _, m := range w.Mails() {
				if m.Kind == "password_locked" {
					paths = append(paths, m.Letter.Path)
				}
			}
			return paths
		}
		for i := range 99 {
			w.Later(61 * time.Minute)
			if err := try("wrong wrong wrong"); !errors.Is(err, auth.ErrWrong) {
				t.Fatal(i, err)
			}
		}
		if n := len(told()); n != 0 {
			t.Fatalf("%d letters after 99 tries", n)
		}
		for range 3 {
			w.Later(61 * time.Minute)
			if err := try("wrong wrong wrong"); !errors.Is(err, auth.ErrWrong) {
				t.Fatal(err)
			}
		}
		if all := told(); len(all) != 1 || all[0] != "/admin/sign-in/forgot" {
			t.Errorf("told %v", all)
		}
		w.Later(2 * time.Hour)
		if err := try(kim.Password); !errors.Is(err, auth.ErrWrong) {
			t.Errorf("the right password after a hundred wrong ones: %v", err)
		}
		// The way out is a new password.
		if err := w.Desk.Forgot(t.Context(), s.stranger(), auth.Forgotten{Audience: session.Staff, Email: kim.Email}); err != nil {
			t.Fatal(err)
		}
		_, token, _ := strings.Cut(w.Mails()[0].Letter.Path, "token=")
		if _, err := w.Desk.SetPasswordByLink(t.Context(), s.stranger(), token, "plum otter lantern seven"); err != nil {
			t.Fatal(err)
		}
		if err := try("plum otter lantern seven"); err != nil {
			t.Errorf("with the new password: %v", err)
		}
	})
}
