//! The report for a person in a terminal: a summary that fits one screen, then the findings with their evidence.

mod details;
mod page;
mod summary;
mod trace;

pub use details::render_explain;
pub use trace::render_trace;

use page::Page;

use super::RenderOptions;
use crate::audit::report::Report;

/// The summary and, if wanted, the details.
pub(super) fn render(report: &Report, options: &RenderOptions) -> String {
    let mut page = Page::new(options);
    summary::write(&mut page, report, options);
    if options.details {
        details::write(&mut page, report);
    }
    page.text
}
