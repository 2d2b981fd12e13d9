/* SPDX-License-Identifier: MIT */
/* type/str.c - making and freeing strings. Everything else is inline, in stet/str.h. */
#include <stet/str.h>
#include "memory/cache.h"
#include "type/hash.h"

bool stet_str_in_use_;
static const char *const str_name = "stet_str";

static size_t heap_size(size_t n) { return sizeof(struct stet_str_heap_) + n + 1; }

stet_result stet_str_from_bytes(const void *bytes, size_t n, stet_str *out)
{
    stet_str s;
    memset(&s, 0, sizeof s);
    char *at = (char *)&s + 5;
    if (n > STET_STR_SHORT) {
        struct stet_str_heap_ *heap = n <= STET_STR_MAX ? pool_allocate_for(heap_size(n), &str_name) : NULL;
        if (heap == NULL) {
            *out = s;
            return STET_NO_MEMORY;
        }
        heap->refcount = 1;
        s.heap_ = heap;
        s.length_ = stet_little_32_((uint32_t)(2 * n + 1));
        at = (char *)(heap + 1);
        at[n] = '\0';
    } else {
        s.length_ = stet_little_32_((uint32_t)(2 * n));
        if (STET_UNLIKELY(!__atomic_load_n(&stet_str_in_use_, __ATOMIC_RELAXED))) /* the flag orders nothing */
            __atomic_store_n(&stet_str_in_use_, true, __ATOMIC_RELAXED);
    }
    if (n != 0)
        memcpy(at, bytes, n);
    s.hash_ = stet_bytes_hash32_(bytes, n);
    *out = s; /* this comes last, because the bytes may be in *out */
    return STET_CHANGED;
}

stet_result stet_str_from_cstr(const char *cstr, stet_str *out) { return stet_str_from_bytes(cstr, strlen(cstr), out); }

void stet_str_free_(struct stet_str_heap_ *heap, size_t n) { pool_free(heap, heap_size(n)); }

int stet_str_compare_bytes_(const stet_str *s, const struct stet_bytes *b)
{
    size_t n = stet_str_size(s), least = n < b->n ? n : b->n;
    int order = least > 0 ? memcmp(stet_str_bytes(s), b->bytes, least) : 0;
    return order != 0 ? order : (n > b->n) - (n < b->n);
}

int stet_str_compare(const stet_str *a, const stet_str *b)
{
    struct stet_bytes view = stet_str_view_(b);
    return stet_str_compare_bytes_(a, &view);
}
