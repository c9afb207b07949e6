package api

type filter struct{ Name, Description, Type string }
