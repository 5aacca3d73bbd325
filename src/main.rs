//! The command line of Portcullis: `portcullis --help`.

fn main() -> portcullis::cli::ExitStatus {
    portcullis::cli::run()
}
