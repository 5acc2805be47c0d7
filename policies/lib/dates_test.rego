package drift.lib.dates_test

import data.drift.lib.dates

test_the_epoch if dates.seconds("1970-01-01T00:00:00Z") == 0

test_the_time_of_day if dates.seconds("1970-01-02T03:04:05.678Z") == 97445

test_leap_days if {
	dates.seconds("2000-02-29T00:00:00Z") == 951782400
	dates.seconds("2000-03-01T00:00:00Z") == 951868800
	dates.seconds("2026-01-01T00:00:00Z") == 1767225600
	dates.seconds("2028-12-31T23:59:59Z") == 1861919999
	dates.seconds("2100-03-01T00:00:00Z") == 4107542400
}

test_what_is_no_time if {
	not dates.seconds("2026-01-01")
	not dates.seconds("2026-13-01T00:00:00Z")
	not dates.seconds("2026-01-01T00:00:00+01:00")
	not dates.seconds("")
}
