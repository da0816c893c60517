//! What the kernel contributes.

use super::{Link, State};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;
use touchseal_proto::status::Status;

/// OP-TEE's `implementation_id` in the kernel's TEE class (`TEE_IMPL_ID_OPTEE`).
const OPTEE: &str = "1";

/// The node that clients open.
pub fn device_node(node: &Path) -> Link {
    const NAME: &str = "device node";
    match File::options().read(true).write(true).open(node) {
        Ok(_) => Link::ok(NAME, format!("{} opens", node.display())),
        Err(error) => {
            let cause = match error.kind() {
                ErrorKind::PermissionDenied => Status::NoPermission,
                _ => Status::DriverMissing,
            };
            Link {
                found: format!("{}: {error}", node.display()),
                ..Link::broken(NAME, cause)
            }
        }
    }
}

/// Whose driver is behind the node.
pub fn driver(sysfs: &Path, node: &Path) -> Link {
    const NAME: &str = "driver";
    let class = node
        .file_name()
        .map(|node| sysfs.join("class/tee").join(node));
    let read = |file| {
        let text = fs::read_to_string(class.as_ref()?.join(file)).ok()?;
        Some(text.trim().to_owned())
    };
    match (read("implementation_id"), read("rpmb_routing_model")) {
        (Some(id), routing) if id == OPTEE => {
            let routing = routing.map_or(String::new(), |who| format!(", RPMB through the {who}"));
            Link::ok(NAME, format!("OP-TEE's{routing}"))
        }
        (Some(id), _) => Link {
            found: format!("another TEE's driver, of implementation {id}"),
            ..Link::broken(NAME, Status::DriverMissing)
        },
        (None, _) if node.exists() => Link::warning(
            NAME,
            "the kernel does not say whose it is",
            "check that sysfs is mounted on /sys",
        ),
        (None, _) => Link {
            state: State::NotReached,
            ..Link::broken(NAME, Status::DriverMissing)
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_is_optees_or_not() {
        let root = tempfile::tempdir().unwrap();
        let node = root.path().join("tee0");
        assert_eq!(device_node(&node).cause, Some(Status::DriverMissing));
        assert_eq!(driver(root.path(), &node).state, State::NotReached);
        fs::write(&node, "").unwrap();
        assert_eq!(device_node(&node).state, State::Ok);
        assert_eq!(driver(root.path(), &node).state, State::Warning);
        let class = root.path().join("class/tee/tee0");
        fs::create_dir_all(&class).unwrap();
        fs::write(class.join("implementation_id"), "2\n").unwrap();
        assert_eq!(driver(root.path(), &node).state, State::Broken);
        fs::write(class.join("implementation_id"), "1\n").unwrap();
        fs::write(class.join("rpmb_routing_model"), "kernel\n").unwrap();
        let link = driver(root.path(), &node);
        assert_eq!(link.state, State::Ok);
        assert!(link.found.contains("kernel"));
    }
}
