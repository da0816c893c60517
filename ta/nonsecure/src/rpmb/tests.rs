//! What OP-TEE's file system does, told by its writes: P is the partition's head, F a FAT entry,
//! D a block of data.

use super::*;

const ID: &[u8] = b"pkey";

fn small() -> Object {
    Object::record(&[7; RECORD_MAX])
}

fn writes_of<R>(rpmb: &mut Rpmb, action: impl FnOnce(&mut Rpmb) -> R) -> (R, String) {
    let before = rpmb.log().len();
    let result = action(rpmb);
    let letter = |write: &Write| match write.of {
        Part::Partition => 'P',
        Part::Fat => 'F',
        Part::Data => 'D',
    };
    (result, rpmb.log()[before..].iter().map(letter).collect())
}

fn made() -> Rpmb {
    let mut rpmb = Rpmb::default();
    rpmb.create(ID, &small()).unwrap();
    rpmb
}

#[test]
fn writes_are_those_of_op_tee() {
    let mut rpmb = Rpmb::default();
    let (_, first) = writes_of(&mut rpmb, |rpmb| rpmb.get(ID).map(drop));
    assert_eq!(first, "PFP");
    let (_, created) = writes_of(&mut rpmb, |rpmb| rpmb.create(ID, &small()));
    assert_eq!(created, "FFDFDFF");
    let (_, replaced) = writes_of(&mut rpmb, |rpmb| rpmb.replace(ID, &[8; RECORD_MAX]));
    assert_eq!(replaced, "D");
    let (_, deleted) = writes_of(&mut rpmb, |rpmb| rpmb.delete(ID));
    assert_eq!(deleted, "F");
    let key = Object::key(Type::EcdsaKeypair, &[[1; 32].as_slice(); 3]).with(&[7; 96]);
    let (_, created) = writes_of(&mut rpmb, |rpmb| rpmb.create(ID, &key));
    assert_eq!(created, "FDFDFDFF", "in the free entry");
    let key = Object::key(Type::RsaKeypair, &[[1; 150].as_slice(); 8]).with(&[7; 96]);
    let (_, created) = writes_of(&mut rpmb, |rpmb| rpmb.create(b"pother", &key));
    assert_eq!(created, "FFDFDDDDDFDDDDDDFF");
    rpmb.restart();
    let (_, read) = writes_of(&mut rpmb, |rpmb| rpmb.get(ID).map(drop));
    assert_eq!(read, "P");
}

#[test]
fn a_new_object_is_there_with_the_last_write() {
    let (_, writes) = writes_of(&mut Rpmb::default(), |rpmb| rpmb.create(ID, &small()));
    for cut in 0..writes.len() as u64 {
        let mut rpmb = Rpmb::default();
        rpmb.lose_power_at(cut);
        assert_eq!(rpmb.create(ID, &small()), Err(Error::StorageDead));
        assert_eq!(rpmb.writes(), cut);
        rpmb.restart();
        assert!(rpmb.get(ID).unwrap().is_none(), "cut at {cut}");
        assert!(rpmb.ids_of(b'p').unwrap().is_empty());
        rpmb.create(ID, &small()).unwrap();
        assert_eq!(rpmb.get(ID).unwrap().unwrap().data, [7; RECORD_MAX]);
    }
    let mut rpmb = Rpmb::default();
    rpmb.lose_power_after(writes.len() as u64 - 1);
    assert_eq!(rpmb.create(ID, &small()), Err(Error::StorageDead));
    rpmb.restart();
    assert!(
        rpmb.get(ID).unwrap().is_some(),
        "done, and not acknowledged"
    );
}

#[test]
fn what_a_cut_has_left_is_written_over_in_place() {
    let mut rpmb = Rpmb::default();
    rpmb.lose_power_at(9);
    rpmb.create(ID, &small()).unwrap_err();
    rpmb.restart();
    let (_, writes) = writes_of(&mut rpmb, |rpmb| rpmb.create(ID, &small()));
    assert_eq!(writes, "PDDF");
}

#[test]
fn an_object_that_exists_is_not_created_and_nothing_is_left() {
    let mut rpmb = made();
    let (again, writes) = writes_of(&mut rpmb, |rpmb| rpmb.create(ID, &small()));
    assert_eq!((again, writes.as_str()), (Err(Error::Exists), "FFDFDFF"));
    assert_eq!(rpmb.ids().count(), 1);
}

/// The gap that keeps the trusted applications from overwriting.
#[test]
fn overwriting_loses_the_object_when_power_fails_in_the_gap() {
    let overwrite = |rpmb: &mut Rpmb| rpmb.files.create(ID, true, &[&small().parts().0]);
    let (_, writes) = writes_of(&mut made(), overwrite);
    let left = (0..=writes.len() as u64).map(|cut| {
        let mut rpmb = made();
        rpmb.lose_power_at(cut);
        let _ = overwrite(&mut rpmb);
        rpmb.restart();
        rpmb.contains(ID)
    });
    let lost: Vec<_> = left.enumerate().filter(|(_, there)| !there).collect();
    assert_eq!(lost, [(writes.len() - 1, false)]);
}

#[test]
fn a_corrupt_object_is_deleted_when_it_is_opened() {
    let mut rpmb = made();
    rpmb.damage_head(ID);
    assert_eq!(
        rpmb.ids_of(b'p').unwrap(),
        [b""],
        "an enumeration leaves it"
    );
    let (found, writes) = writes_of(&mut rpmb, |rpmb| rpmb.get(ID).map(drop));
    assert_eq!((found, writes.as_str()), (Err(Error::StorageDamaged), "F"));
    assert!(rpmb.get(ID).unwrap().is_none());
    let mut rpmb = made();
    rpmb.damage(ID);
    assert_ne!(
        rpmb.get(ID).unwrap().unwrap().data,
        [7; RECORD_MAX],
        "data is not looked at"
    );
}

#[test]
fn ten_refusals_end_it_until_it_restarts() {
    let mut rpmb = made();
    let write = |rpmb: &mut Rpmb| rpmb.replace(ID, &[8; RECORD_MAX]);
    rpmb.refuse_requests(9);
    write(&mut rpmb).unwrap();
    rpmb.refuse_requests(10);
    assert_eq!(write(&mut rpmb), Err(Error::StorageDead));
    assert_eq!(rpmb.get(ID).map(drop), Err(Error::StorageDead));
    rpmb.restart();
    write(&mut rpmb).unwrap();
}

#[test]
fn a_full_partition_keeps_what_is_in_it() {
    let mut rpmb = Rpmb::default();
    let large = Object::record(&[7; 100 * 256]);
    let mut count = 0u32;
    while rpmb.create(&count.to_be_bytes(), &large).is_ok() {
        count += 1;
    }
    assert_eq!(rpmb.create(b"p", &large), Err(Error::StorageFull));
    // 8191 blocks, of 101 each; writing one anew takes its room twice.
    assert_eq!(count, 80);
    assert_eq!(rpmb.ids().count(), 80);
    rpmb.create(b"small", &small()).unwrap();
}
