use alarmwire::Stored;

fn construct() -> Stored {
    Stored::new(false)
}

fn copy(stored: &Stored) -> Stored {
    stored.clone()
}

fn main() {
    let _ = (construct, copy);
}
