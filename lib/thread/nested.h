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
 *     returned. What it added waits for the next call that is not taken so, or for the end of the thread. After
 *     NESTED_CALLS of them in a row, one is not taken so; each time it takes twice as many, so that calls that are
 *     nested indeed, and so many, recurse to a depth of 20 at most.
 *   - A call that is nested is not taken to be: the callback has more than NESTED_STACK on the stack. The call works
 *     the list itself.
 *
 * After a callback the thread may be another one. So the function that calls it is not inlined, and looks at nothing of
 * the thread afterwards.
 */
#ifndef STET_NESTED_H
#define STET_NESTED_H

#include <stet/base.h>

#define NESTED_STACK ((uintptr_t)1 << 20)
#define NESTED_CALLS 1024u
#define NESTED_NOINLINE __attribute__((__noinline__))

/* Of a thread and a kind of call. */
struct nested {
    uintptr_t frame; /* of the outer call; 0: none */
    uint32_t calls;  /* taken to be nested since it was noted */
    uint32_t doubled;
};

/* In a function that is called for each call, and in the outer one. */
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

/* Before each callback; the call's frame. */
STET_INLINE void nested_note(struct nested *n, uintptr_t frame)
{
    n->frame = frame;
    n->calls = 0;
}

#endif
