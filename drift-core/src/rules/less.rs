//! Whether one rule compares less of an entry than another: what a seal under the other promised.

use crate::model::{AttributeSet, FileType, attribute};

use super::class::Class;
use super::parse::Rule;

impl Rule {
    /// Returns whether this rule compares less of an entry of this type than `own` does: fewer
    /// attributes, another form, or it may come and go, is kept out or is not read. In doubt it does.
    #[must_use]
    pub fn compares_less_than(&self, own: &Self, file_type: FileType) -> bool {
        if own.excludes() {
            return false;
        }
        let compared = self.attributes(file_type);
        let lacks = |wanted: AttributeSet| !wanted.without(compared).is_empty();
        let is_file = file_type == FileType::File;
        let form_is_lost = own.form.is_some()
            && (&self.form, self.newcomer) != (&own.form, own.newcomer)
            && lacks(attribute::compared(file_type));
        let growth_is_lost = is_file
            && own.class == Some(Class::Growing)
            && self.class != Some(Class::Growing)
            && !compared.holds("digest");
        self.excludes()
            || lacks(own.attributes(file_type))
            || (self.may_come_and_go() && !own.may_come_and_go())
            || (is_file && own.reads_content() && !self.reads_content())
            || form_is_lost
            || growth_is_lost
    }
}

#[cfg(test)]
mod tests {
    use super::FileType;
    use crate::model::RuleId;
    use crate::rules::RuleSet;

    #[test]
    fn less_is_what_a_stronger_rule_would_have_found() {
        let less = |in_force: &str, own: &str, file_type| {
            let set = |text: &str| RuleSet::parse(&[("one", text)]).unwrap();
            let (in_force, own) = (set(in_force), set(own));
            in_force.rule(RuleId(1)).compares_less_than(own.rule(RuleId(1)), file_type)
        };
        for (in_force, own, file, directory) in [
            ("read-only /x", "read-only /x", false, false),
            ("dynamic /x", "read-only /x", true, true),
            ("growing /x", "read-only /x", true, true),
            ("secret /x", "read-only /x", true, false),
            ("ignore /x", "read-only /x", true, true),
            ("read-only /x -mode", "read-only /x", true, true),
            ("read-only /x -digest", "read-only /x", true, false),
            ("attributes=mode /x", "read-only /x", true, true),
            ("expected-per-host present /x", "read-only /x", true, false),
            ("read-only /x", "expected-per-host present /x", false, false),
            ("expected-per-host present /x", "expected-per-host present /x", false, false),
            ("expected-per-host new /x", "expected-per-host present /x", true, false),
            ("dynamic /x", "growing /x", true, false),
            ("growing /x", "dynamic /x", false, false),
            ("read-only /x", "growing /x", false, false),
            ("read-only /x", "dynamic /x", false, false),
            ("dynamic /x", "secret /x", true, true),
            ("ignore /x", "dynamic /x", true, true),
            ("ignore /x", "ignore /x", false, false),
            ("dynamic /x", "ignore /x", false, false),
        ] {
            let told =
                (less(in_force, own, FileType::File), less(in_force, own, FileType::Directory));
            assert_eq!(told, (file, directory), "{in_force:?} for {own:?}");
        }
    }
}
