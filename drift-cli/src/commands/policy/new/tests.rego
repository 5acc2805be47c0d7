package PACKAGE_test

import data.PACKAGE

test_an_allowed_one_passes if {
	count(NAME.deny) == 0 with input as {"lists": {"setuid": [{"path": "/usr/bin/su", "mode": "4755"}]}}
}

test_any_other_is_denied if {
	some denial in NAME.deny with input as {"lists": {"setuid": [{"path": "/tmp/x", "mode": "4755"}]}}
	denial.path == "/tmp/x"
}

test_the_operator_allows_more if {
	count(NAME.deny) == 0 with input as {"lists": {"setuid": [{"path": "/opt/x", "mode": "4755"}]}}
		with data.params.NAME_allowed as ["/opt/x"]
}
