/* SPDX-License-Identifier: MIT */
/*
 * thread/nested.h - whether a call is made by a callback of another call of its kind.
 *
 * A release may release more. To avoid recursion the outer call works off a list of its thread, and the calls within it
 * only add to that list. A flag of the thread cannot tell that there is an outer call: a callback may switch to another
 * fibre, continue on another thread, or never return. Instead the outer call notes its frame before each callback, and
 * a call whose own frame lies just below is taken to be within it. This guess can be wrong in two ways:
 *
 *   - A call that is not nested is taken to be: the stack of another fibre is just below, or the outer call has not
 *     returned. What the call added waits for the next call that is not taken to be nested, or for the end of the
 *     thread. After NESTED_CALLS calls in a row that were taken to be nested, the next one is not. Each time this
 *     happens, the limit doubles; so calls that are really nested recurse to a depth of 20 at most.
 *   - A call that is nested is not taken to be: the callback has more than NESTED_STACK on the stack. The call works
 *     off the list itself.
 *
 * After a callback the thread may be another one. So the function that calls the callback is not inlined, and reads no
 * data of the thread afterwards.
 */
#ifndef STET_NESTED_H
#define STET_NESTED_H

#include <stet/base.h>

#define NESTED_STACK ((uintptr_t)1 << 20)
#define NESTED_CALLS 1024u
#define NESTED_NOINLINE __attribute__((__noinline__))

/* The state of one kind of call in one thread. */
struct nested {
    uintptr_t frame; /* the frame of the outer call; 0: none */
    uint32_t calls;  /* how many calls were taken to be nested since the frame was noted */
    uint32_t doubled;
};

/* The frame of the function that uses this macro: the function that every call runs, and that makes the callbacks. */
#define NESTED_HERE() ((uintptr_t)__builtin_frame_address(0))

STET_INLINE bool nested_is(struct nested *n, uintptr_t here)
{
    if (n->frame - here - 1 >= NESTED_STACK)
        return false;
    if (++n->calls < NESTED_CALLS << n->doubled)
        return true;
    if (n->doubled < 20)
        n->doubled++;
    return false;
}

/* The outer call calls this before each callback, with its frame. */
STET_INLINE void nested_note(struct nested *n, uintptr_t frame)
{
    n->frame = frame;
    n->calls = 0;
}

#endif
