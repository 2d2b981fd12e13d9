// SPDX-License-Identifier: MIT
// Rust's im::OrdMap as a peer of the sorted rows, by tables of functions: sorted_im.cc has the other side. The crate is
// im-rc, compiled with --cfg threadsafe, which makes it im: it counts with Arc.
use im_rc::ordmap::DiffItem;
use im_rc::OrdMap;
use std::alloc::{GlobalAlloc, Layout};
use std::borrow::Borrow;
use std::sync::Arc;

// Memory is from the program's operator new, so that it is the other peers', and is counted as theirs.
extern "C" {
    fn im_peer_new(size: usize, align: usize) -> *mut u8;
    fn im_peer_delete(block: *mut u8, align: usize);
}

struct New;

unsafe impl GlobalAlloc for New {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        im_peer_new(layout.size(), layout.align())
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        im_peer_delete(block, layout.align())
    }
}

#[global_allocator]
static NEW: New = New;

// ---- keys: Query is what is looked up, and Probe how the rows have it ----

pub trait Key: Ord + Clone + Borrow<Self::Query> {
    type Query: Ord + ?Sized;
    type Probe;
    fn query(probe: &Self::Probe) -> &Self::Query;
}

impl Key for u64 {
    type Query = u64;
    type Probe = u64;
    fn query(probe: &u64) -> &u64 {
        probe
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
#[repr(C)]
pub struct Place {
    shelf: u32,
    book: u64,
}

impl Key for Place {
    type Query = Place;
    type Probe = Place;
    fn query(probe: &Place) -> &Place {
        probe
    }
}

type Text = Arc<[u8]>;

#[repr(C)]
pub struct Bytes {
    size: usize,
    at: *const u8,
}

impl Key for Text {
    type Query = [u8];
    type Probe = Bytes;
    fn query(probe: &Bytes) -> &[u8] {
        unsafe { std::slice::from_raw_parts(probe.at, probe.size) }
    }
}

#[no_mangle]
pub unsafe extern "C" fn im_text_make(bytes: &Bytes, out: *mut Text) {
    out.write(Text::query(bytes).into())
}

#[no_mangle]
pub unsafe extern "C" fn im_text_drop(text: *mut Text) {
    text.drop_in_place()
}

// ---- maps: out is room for one ----

type Map<K> = OrdMap<K, u64>;

unsafe extern "C" fn make<K: Key>(out: *mut Map<K>) {
    out.write(Map::new())
}

unsafe extern "C" fn copy<K: Key>(map: &Map<K>, out: *mut Map<K>) {
    out.write(map.clone())
}

unsafe extern "C" fn release<K: Key>(map: *mut Map<K>) {
    map.drop_in_place()
}

extern "C" fn get<K: Key>(map: &Map<K>, probe: &K::Probe) -> u64 {
    map.get(K::query(probe)).copied().unwrap_or(0)
}

extern "C" fn sum<K: Key>(map: &Map<K>) -> u64 {
    map.iter().fold(0, |sum, (_, value)| sum.wrapping_add(*value))
}

extern "C" fn walk<K: Key>(map: &Map<K>, from: &K::Probe, n: usize) -> u64 {
    let from = (std::ops::Bound::Included(K::query(from)), std::ops::Bound::Unbounded);
    map.range(from).take(n).fold(0, |sum, (_, value)| sum.wrapping_add(*value))
}

extern "C" fn put<K: Key>(map: &mut Map<K>, key: &K, value: u64) {
    map.insert(key.clone(), value);
}

extern "C" fn erase<K: Key>(map: &mut Map<K>, key: &K) {
    map.remove(key.borrow());
}

unsafe extern "C" fn with<K: Key>(map: &Map<K>, key: &K, value: u64, out: *mut Map<K>) {
    out.write(map.update(key.clone(), value))
}

unsafe extern "C" fn without<K: Key>(map: &Map<K>, key: &K, out: *mut Map<K>) {
    out.write(map.without(key.borrow()))
}

extern "C" fn diff<K: Key>(a: &Map<K>, b: &Map<K>) -> usize {
    a.diff(b).count()
}

extern "C" fn equal<K: Key>(a: &Map<K>, b: &Map<K>) -> bool {
    a == b
}

unsafe extern "C" fn unite<K: Key>(a: &Map<K>, b: &Map<K>, out: *mut Map<K>) {
    out.write(a.clone().union(b.clone()))
}

// Of two versions, the differences are found quickly.
unsafe extern "C" fn unite_versions<K: Key>(a: &Map<K>, b: &Map<K>, out: *mut Map<K>) {
    let mut united = a.clone();
    for item in a.diff(b) {
        if let DiffItem::Add(key, value) = item {
            united.insert(key.clone(), *value);
        }
    }
    out.write(united)
}

#[repr(C)]
pub struct Functions<K: Key> {
    size: usize,
    make: unsafe extern "C" fn(*mut Map<K>),
    copy: unsafe extern "C" fn(&Map<K>, *mut Map<K>),
    release: unsafe extern "C" fn(*mut Map<K>),
    get: extern "C" fn(&Map<K>, &K::Probe) -> u64,
    sum: extern "C" fn(&Map<K>) -> u64,
    walk: extern "C" fn(&Map<K>, &K::Probe, usize) -> u64,
    put: extern "C" fn(&mut Map<K>, &K, u64),
    erase: extern "C" fn(&mut Map<K>, &K),
    with: unsafe extern "C" fn(&Map<K>, &K, u64, *mut Map<K>),
    without: unsafe extern "C" fn(&Map<K>, &K, *mut Map<K>),
    diff: extern "C" fn(&Map<K>, &Map<K>) -> usize,
    equal: extern "C" fn(&Map<K>, &Map<K>) -> bool,
    unite: unsafe extern "C" fn(&Map<K>, &Map<K>, *mut Map<K>),
    unite_versions: unsafe extern "C" fn(&Map<K>, &Map<K>, *mut Map<K>),
}

const fn functions<K: Key>() -> Functions<K> {
    Functions {
        size: std::mem::size_of::<Map<K>>(),
        make: make::<K>,
        copy: copy::<K>,
        release: release::<K>,
        get: get::<K>,
        sum: sum::<K>,
        walk: walk::<K>,
        put: put::<K>,
        erase: erase::<K>,
        with: with::<K>,
        without: without::<K>,
        diff: diff::<K>,
        equal: equal::<K>,
        unite: unite::<K>,
        unite_versions: unite_versions::<K>,
    }
}

#[no_mangle]
pub static IM_U64: Functions<u64> = functions();
#[no_mangle]
pub static IM_TEXT: Functions<Text> = functions();
#[no_mangle]
pub static IM_PLACE: Functions<Place> = functions();
