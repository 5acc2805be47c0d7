//! The numbers of a target's accounts, to read names in records of packages.

use crate::configs::Configs;
use crate::packages::Accounts;

/// Returns the accounts that the target's files name; of a name twice the first counts, as for the C
/// library (getpwnam(3)).
pub(super) fn of(configs: &Configs) -> Accounts {
    let mut accounts = Accounts::default();
    for user in configs.passwd.iter().flat_map(|passwd| &passwd.entries) {
        accounts.users.entry(user.name.clone()).or_insert(user.uid);
    }
    for group in configs.group.iter().flat_map(|group| &group.entries) {
        accounts.groups.entry(group.name.clone()).or_insert(group.gid);
    }
    accounts
}
