//! What becomes of a record that is not what it says?

use super::alone::Alone;
use super::look::{Finding, Mend, Seen};
use super::report::{Kind, Problem};
use super::{Check, results};
use crate::call::CallKey;
use crate::record::Record;
use crate::store::durable::Durable;
use crate::store::{FunctionFolder, commit, files, layout, order, prune};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

impl<P> Check<'_, P> {
    /// A record and its files. What cannot be read is noted in `unread`: its files may be meant.
    pub(super) fn record(
        &mut self,
        folder: &FunctionFolder,
        key: CallKey,
        function: &mut Option<String>,
        unread: &mut HashSet<CallKey>,
    ) {
        self.report.records += 1;
        let mut seen = self.look(folder, key);
        let mut alone = Alone::ForLooking;
        if seen.has_findings() {
            // Somebody may be at work: look again when nobody can be.
            alone = self.alone(folder, key);
            if !matches!(alone, Alone::Not) {
                seen = self.look(folder, key);
            }
            // Whose name was taken by another call is about to be forgotten by who runs that one.
            let mut is_being_replaced = false;
            if seen.is_replaced() {
                is_being_replaced = order::somebody_runs(folder, Some(key));
                seen = self.look(folder, key);
                is_being_replaced |= order::somebody_runs(folder, Some(key));
            }
            if alone.ended(folder, key) || is_being_replaced {
                self.report.running += 1;
                unread.insert(key);
                if let Seen::Record(record, _) = &seen {
                    self.await_all(record);
                }
                return;
            }
        }
        match seen {
            Seen::Gone => self.report.records -= 1,
            Seen::Record(record, findings) => {
                function.get_or_insert_with(|| record.function.clone());
                for file in results(&record) {
                    self.report.files += 1;
                    if file.named {
                        let path = self.store.from_stored(&file.path);
                        self.folders.extend(path.parent().map(Path::to_path_buf));
                        self.named.insert(path);
                    }
                }
                self.mend_record(folder, &record, findings, &alone);
            }
            Seen::Unusable(finding) => {
                if finding.kind != Kind::RecordDamaged && finding.kind != Kind::RecordMisplaced {
                    unread.insert(key);
                    self.is_unsure = true;
                }
                let repair = match finding.mend {
                    Mend::Aside => Some("it is moved aside, and the call runs again".to_owned()),
                    _ => None,
                };
                let path = finding.path.clone();
                self.put(finding, function.clone(), repair, &alone, || {
                    let mut aside = path.clone().into_os_string();
                    aside.push(layout::ASIDE);
                    files::rename(&path, Path::new(&aside)).map(|()| None)
                });
            }
        }
    }

    fn mend_record(
        &mut self,
        folder: &FunctionFolder,
        record: &Record,
        findings: Vec<Finding>,
        alone: &Alone,
    ) {
        let function = Some(record.function.clone());
        // While a person has to say what is right, the record is needed.
        let keeps = findings
            .iter()
            .any(|finding| matches!(finding.mend, Mend::Nothing));
        for finding in findings {
            match finding.mend {
                Mend::Complete(result) => {
                    let file = record.results[result].file.as_ref();
                    let staged = file.map(|file| finding.path.with_file_name(&file.staged));
                    let repair = Some("the staged file gets its name".to_owned());
                    let store = self.store;
                    let is_done =
                        self.put(finding, function.clone(), repair, alone, || match file {
                            Some(file) => commit::complete(store, folder, file, Durable::Always),
                            None => Ok(None),
                        });
                    if !is_done {
                        self.awaited.extend(staged);
                    }
                }
                Mend::Forget if !keeps => {
                    let repair = "the call is forgotten, and runs again when it is asked for";
                    let (store, key) = (self.store, record.key);
                    self.put(
                        finding,
                        function.clone(),
                        Some(repair.to_owned()),
                        alone,
                        || prune::forget(store, folder, key).map(|()| None),
                    );
                }
                Mend::Forget | Mend::Aside | Mend::Nothing => {
                    self.put(finding, function.clone(), None, alone, || Ok(None));
                    self.await_all(record);
                }
            }
        }
    }

    /// Reports, and mends where that is asked for and nobody can come between.
    pub(super) fn put(
        &mut self,
        finding: Finding,
        function: Option<String>,
        repair: Option<String>,
        alone: &Alone,
        mend: impl FnOnce() -> io::Result<Option<PathBuf>>,
    ) -> bool {
        let mut problem = Problem {
            kind: finding.kind,
            path: finding.path,
            function,
            found: finding.found,
            expected: finding.expected,
            repair,
            repaired: false,
            failed: None,
        };
        if let Some(repair) = problem.repair.as_mut().filter(|_| self.repair) {
            let done = match alone {
                Alone::WithoutLocks(why) => Err(why.clone()),
                _ => mend().map_err(|error| error.to_string()),
            };
            match done {
                Ok(aside) => {
                    problem.repaired = true;
                    if let Some(aside) = aside {
                        repair.push_str("; what lay there is kept as ");
                        repair.push_str(&aside.to_string_lossy());
                    }
                }
                Err(why) => problem.failed = Some(why),
            }
        }
        let repaired = problem.repaired;
        self.report.problems.push(problem);
        repaired
    }

    fn await_all(&mut self, record: &Record) {
        for file in results(record) {
            let target = self.store.from_stored(&file.path);
            self.awaited.insert(target.with_file_name(&file.staged));
        }
    }
}
