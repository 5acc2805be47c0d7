# METADATA
# title: Only root can change what runs as root
# custom:
#   id: host/what_root_runs
#   severity: critical
#   references: {ssg: ["file_owner_crontab", "file_owner_cron_d", "file_owner_cron_daily", "file_owner_cron_hourly", "file_owner_cron_weekly", "file_owner_cron_monthly"], nist: ["AC-3", "AC-6", "CM-5"]}
#   rationale: Timers, services, start scripts, login modules and the linker's configuration decide which programs run as root; whoever can write one of them is root soon.
#   remediation: Restore root and take the permission to write from everybody else (chmod go-w); compare the file with the baseline.
#   paths:
#     - /etc/crontab
#     - /etc/cron.d
#     - /etc/cron.d/*
#     - /etc/cron.daily
#     - /etc/cron.daily/*
#     - /etc/cron.hourly
#     - /etc/cron.hourly/*
#     - /etc/cron.monthly
#     - /etc/cron.monthly/*
#     - /etc/cron.weekly
#     - /etc/cron.weekly/*
#     - /etc/init.d
#     - /etc/init.d/*
#     - /etc/ld.so.conf
#     - /etc/ld.so.conf.d
#     - /etc/ld.so.conf.d/*
#     - /etc/ld.so.preload
#     - /etc/modprobe.d
#     - /etc/modprobe.d/*
#     - /etc/nsswitch.conf
#     - /etc/pam.d
#     - /etc/pam.d/*
#     - /etc/rc.local
#     - /etc/systemd/system
#     - /etc/systemd/system/**
#     - /etc/udev/rules.d
#     - /etc/udev/rules.d/*
#     - /etc/update-motd.d/*
package drift.host.what_root_runs

import data.drift.lib.permissions

files contains input.files["/etc/crontab"]

files contains input.files["/etc/cron.d"]

files contains file if some file in input.files["/etc/cron.d/*"].matches

files contains input.files["/etc/cron.daily"]

files contains file if some file in input.files["/etc/cron.daily/*"].matches

files contains input.files["/etc/cron.hourly"]

files contains file if some file in input.files["/etc/cron.hourly/*"].matches

files contains input.files["/etc/cron.monthly"]

files contains file if some file in input.files["/etc/cron.monthly/*"].matches

files contains input.files["/etc/cron.weekly"]

files contains file if some file in input.files["/etc/cron.weekly/*"].matches

files contains input.files["/etc/init.d"]

files contains file if some file in input.files["/etc/init.d/*"].matches

files contains input.files["/etc/ld.so.conf"]

files contains input.files["/etc/ld.so.conf.d"]

files contains file if some file in input.files["/etc/ld.so.conf.d/*"].matches

files contains input.files["/etc/ld.so.preload"]

files contains input.files["/etc/modprobe.d"]

files contains file if some file in input.files["/etc/modprobe.d/*"].matches

files contains input.files["/etc/nsswitch.conf"]

files contains input.files["/etc/pam.d"]

files contains file if some file in input.files["/etc/pam.d/*"].matches

files contains input.files["/etc/rc.local"]

files contains input.files["/etc/systemd/system"]

files contains file if some file in input.files["/etc/systemd/system/**"].matches

files contains input.files["/etc/udev/rules.d"]

files contains file if some file in input.files["/etc/udev/rules.d/*"].matches

files contains file if some file in input.files["/etc/update-motd.d/*"].matches

deny contains object.union({"path": file.path}, flaw) if {
	some file in files
	some flaw in permissions.flaws(file, {0}, "0755")
}

not_checked contains sentence if some sentence in permissions.unseen(files)

not_checked contains sentence if some sentence in permissions.led_away(files)
