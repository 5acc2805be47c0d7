# Times as reports write them: RFC 3339 in UTC, such as "2026-01-01T00:00:00Z". Made of plain arithmetic,
# since engines differ in the built-ins for time.
package drift.lib.dates

# Seconds in a day; UTC has no others here.
day := 86400

# Seconds since 1970, fractions left out; undefined of what is no such time.
seconds(text) := (days(text) * day) + ((number(text, 11) * 3600) + ((number(text, 14) * 60) + number(text, 17))) if {
	regex.match("^[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z$", text)
}

# Days since 1970-01-01: the proleptic calendar in eras of 400 years, each year beginning with March.
days(text) := ((((era * 146097) + (of_era * 365)) + (floor(of_era / 4) - floor(of_era / 100))) + of_year) - 719468 if {
	month := number(text, 5)
	year := to_number(substring(text, 0, 4)) - before_march(month)
	era := floor(year / 400)
	of_era := year - (era * 400)
	since_march := (month + 9) % 12
	of_year := (floor(((153 * since_march) + 2) / 5) + number(text, 8)) - 1
}

before_march(month) := 1 if month < 3

before_march(month) := 0 if month >= 3

# Two digits; written so because a leading zero is no JSON number.
number(text, at) := (to_number(substring(text, at, 1)) * 10) + to_number(substring(text, at + 1, 1))
