//! How many sockets and files this process may have open.

/// Raises the limit to what the system allows (customary are 1,024, too few for thousands of connections), and says how
/// many there may be now; none where there is no such limit.
pub fn raise_descriptor_limit() -> Option<usize> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        if limit.current < limit.maximum || limit.maximum.is_none() {
            let raised = Rlimit {
                current: limit.maximum,
                maximum: limit.maximum,
            };
            let _kept_as_it_was = setrlimit(Resource::Nofile, raised);
        }
        let now = getrlimit(Resource::Nofile).current?;
        usize::try_from(now).ok()
    }
    #[cfg(not(unix))]
    None
}
