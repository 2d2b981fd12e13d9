// SPDX-License-Identifier: MIT
// Rust's maps as peers of shared_bench.cc: dashmap; a HashMap that is copied, behind arc-swap. With stet's hash.
use arc_swap::ArcSwap;
use dashmap::DashMap;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex};

#[repr(C)]
pub struct Op {
    key: u64,
    kind: u32,
    value: u32,
}

const LOAD: u32 = 0;
const STORE: u32 = 1;
const ERASE: u32 = 2;
const LEN: u32 = 3;
const RANGE: u32 = 5;
const REPLACE: u32 = 6;

#[derive(Default, Clone)]
pub struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!()
    }
    fn write_u64(&mut self, key: u64) {
        let product = u128::from(key) * 0xD6E8FEB86659FD93;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

// shared_key() of shared_peers.h
fn key(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E3779B97F4A7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
    z ^ (z >> 31)
}

type Build = BuildHasherDefault<Mix>;
type Dash = DashMap<u64, u64, Build>;
type Plain = HashMap<u64, u64, Build>;

pub struct Swap {
    writing: Mutex<()>,
    now: ArcSwap<Plain>,
}

#[no_mangle]
pub extern "C" fn shared_dash_make(_: usize) -> *mut Dash {
    Box::into_raw(Box::default())
}

#[no_mangle]
pub unsafe extern "C" fn shared_dash_destroy(m: *mut Dash) {
    drop(Box::from_raw(m))
}

#[no_mangle]
pub unsafe extern "C" fn shared_dash_run(m: *const Dash, ops: *const Op, n: usize) -> u64 {
    let m = &*m;
    let mut sum = 0u64;
    for op in std::slice::from_raw_parts(ops, n) {
        match op.kind {
            LOAD => sum = sum.wrapping_add(m.get(&op.key).map_or(0, |v| *v)),
            STORE => {
                m.insert(op.key, op.value.into());
            }
            ERASE => {
                m.remove(&op.key);
            }
            LEN => sum = sum.wrapping_add(m.len() as u64),
            _ => {
                sum = m
                    .iter()
                    .fold(sum, |sum, entry| sum.wrapping_add(*entry.value()))
            }
        }
    }
    sum
}

#[no_mangle]
pub extern "C" fn shared_swap_make(_: usize) -> *mut Swap {
    Box::into_raw(Box::new(Swap {
        writing: Mutex::new(()),
        now: ArcSwap::from_pointee(Plain::default()),
    }))
}

#[no_mangle]
pub unsafe extern "C" fn shared_swap_destroy(m: *mut Swap) {
    drop(Box::from_raw(m))
}

fn change(m: &Swap, edit: impl FnOnce(&mut Plain)) {
    let _lock = m.writing.lock().unwrap();
    let mut next = Plain::clone(&m.now.load());
    edit(&mut next);
    m.now.store(Arc::new(next));
}

#[no_mangle]
pub unsafe extern "C" fn shared_swap_run(m: *const Swap, ops: *const Op, n: usize) -> u64 {
    let m = &*m;
    let mut sum = 0u64;
    for op in std::slice::from_raw_parts(ops, n) {
        match op.kind {
            LOAD => sum = sum.wrapping_add(m.now.load().get(&op.key).copied().unwrap_or(0)),
            STORE => change(m, |next| {
                next.insert(op.key, op.value.into());
            }),
            ERASE => change(m, |next| {
                next.remove(&op.key);
            }),
            RANGE => {
                sum = m
                    .now
                    .load()
                    .values()
                    .fold(sum, |sum, v| sum.wrapping_add(*v))
            }
            REPLACE => m
                .now
                .store(Arc::new((0..op.key).map(|i| (key(i), i)).collect())),
            LEN => sum = sum.wrapping_add(m.now.load().len() as u64),
            _ => sum = sum.wrapping_add(m.now.load_full().len() as u64),
        }
    }
    sum
}
