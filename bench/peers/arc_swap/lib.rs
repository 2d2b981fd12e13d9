// SPDX-License-Identifier: MIT
// Rust's arc-swap as a peer of atom_bench.cc.
use arc_swap::ArcSwap;
use std::hint::black_box;
use std::sync::{Arc, OnceLock};

static CURRENT: OnceLock<ArcSwap<u64>> = OnceLock::new();

fn current() -> &'static ArcSwap<u64> {
    CURRENT.get_or_init(|| ArcSwap::from_pointee(0))
}

#[no_mangle]
pub extern "C" fn arc_swap_begin() {
    current();
}

#[no_mangle]
pub extern "C" fn arc_swap_read(times: usize) -> u64 {
    let shared = current();
    let mut sum = 0u64;
    for _ in 0..times {
        sum = black_box(sum.wrapping_add(**shared.load()));
    }
    sum
}

#[no_mangle]
pub extern "C" fn arc_swap_publish(number: u64) {
    current().store(Arc::new(number));
}
