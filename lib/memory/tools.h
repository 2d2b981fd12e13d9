/* SPDX-License-Identifier: MIT */
/*
 * memory/tools.h - finds out whether this process runs under a tool that checks memory: memcheck, AddressSanitizer or
 * LeakSanitizer. A program may have been built with a sanitizer although the library was not.
 */
#ifndef STET_POOL_TOOLS_H
#define STET_POOL_TOOLS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef _WIN32 /* the linker has no weak references, and gcc no sanitizers */
#    define under_a_sanitizer() false
#else
/* These exist where the sanitizer's run-time library is in the process. */
extern void __asan_init(void) __attribute__((__weak__));
extern void __hwasan_init(void) __attribute__((__weak__));
extern int __lsan_do_recoverable_leak_check(void) __attribute__((__weak__));

static inline bool under_a_sanitizer(void)
{
    return __asan_init != NULL || __hwasan_init != NULL || __lsan_do_recoverable_leak_check != NULL;
}
#endif

/*
 * A client request to the tool that valgrind runs (valgrind.h and memcheck.h): instructions without effect on a
 * processor, with the result 0. On processors other than x86-64 and arm64 this function always returns 0.
 */
static inline uint64_t valgrind_request(uint64_t request, uint64_t a, uint64_t b)
{
    uint64_t answer = 0;
#if defined(__x86_64__)
    volatile uint64_t arguments[6] = {request, a, b, 0, 0, 0};
    __asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
                     : "+d"(answer)
                     : "a"(arguments)
                     : "cc", "memory");
#elif defined(__aarch64__)
    volatile uint64_t arguments[6] = {request, a, b, 0, 0, 0};
    register uint64_t x3 __asm__("x3") = answer;
    register volatile uint64_t *x4 __asm__("x4") = arguments;
    __asm__ volatile("ror x12, x12, #3; ror x12, x12, #13; ror x12, x12, #51; ror x12, x12, #61; orr x10, x10, x10"
                     : "+r"(x3)
                     : "r"(x4)
                     : "cc", "memory", "x12");
    answer = x3;
#else
    (void)request, (void)a, (void)b;
#endif
    return answer;
}

/*
 * Of valgrind's tools, only memcheck knows memcheck's requests. This request does no harm: it marks a variable as
 * defined that is defined already.
 */
static inline bool under_memcheck(void)
{
    uint64_t make_defined = ((uint64_t)'M' << 24 | (uint64_t)'C' << 16) + 2, variable = 0;
    return valgrind_request(make_defined, (uint64_t)(uintptr_t)&variable, sizeof variable) != 0;
}

static inline bool under_a_tool(void) { return under_a_sanitizer() || under_memcheck(); }

#endif
