/* SPDX-License-Identifier: MIT */
/*
 * stet/record.h - several collections as one: a struct of handles with functions like those of a handle. An atom
 * (atom.h) of such a struct publishes all of them together, so that a reader sees an index together with the data that
 * it belongs to. A list of them is a history of several collections.
 *
 *     STET_RECORD(catalogue, (routes, by_name), (numbers, by_number))
 *     STET_ATOM(catalogue_atom, catalogue)
 */
#ifndef STET_RECORD_H
#define STET_RECORD_H

#include <stet/impl/handle.h>

/*
 * Defines the type `name`, its descriptor name_type and its functions. Behind the name come up to eight pairs of type
 * and field. The type is a collection, a record, or stet_str.
 */
#define STET_RECORD(name, ...) STET_PASTE_(STET_RECORD, STET_FORM_OF_FIELDS_(__VA_ARGS__))(name, __VA_ARGS__)

/* ---- the manual: what STET_RECORD(name, ...) makes ---- */

#ifdef STET_MANUAL_RECORD

/* ---- records ---- */

/* A struct of handles with the given field names. {0} is empty. */
typedef struct name name;
/* Returns a record with a second handle of each version. */
static name name_copy(const name *record);
/* Drops each handle; the record is {0} afterwards. */
static void name_drop(name *record);
/* Returns a record with all the versions; *handle is {0} afterwards. */
static name name_move(name *handle);
/* Each of the two records has the versions of the other afterwards. */
static void name_swap_handles(name *a, name *b);
/*
 * Adds one holder to each version, as name_copy() does, but returns no record. It is for the retain function of a
 * struct that has a record as a member; name_drop() of that member takes the holders away.
 */
static void name_retain(const name *record);
/* Returns whether each field is the same version in both, which implies that they are equal. Cost: O(1). */
static bool name_identical(const name *a, const name *b);
/* Returns whether each field has the same contents in both. Nodes that both share are skipped. */
static bool name_equal(const name *a, const name *b);

#endif

/* ---- what makes them ---- */

#define STET_FORM_OF_FIELDS_(...)                                                                                   \
    STET_SEVENTEENTH_(__VA_ARGS__, _WRONG_, _WRONG_, _WRONG_, _WRONG_, _WRONG_, _WRONG_, _WRONG_, _WRONG_, _RIGHT_, \
                      _RIGHT_, _RIGHT_, _RIGHT_, _RIGHT_, _RIGHT_, _RIGHT_, _RIGHT_, ~)
#define STET_SEVENTEENTH_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, seventeenth, ...) seventeenth
#define STET_RECORD_WRONG_(name, ...) \
    STET_STATIC_ASSERT(0, #name ": a record has at most eight fields; make some of them a record of their own");
#define STET_RECORD_RIGHT_(name, ...)                 \
    STET_FILE_SCOPE_(name)                            \
    typedef struct name {                             \
        STET_FIELDS_(STET_RECORD_FIELD_, __VA_ARGS__) \
    } name;                                           \
    STET_RECORD_DEFINE_(name, __VA_ARGS__)
#define STET_RECORD_DEFINE_(name, ...)                                                     \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD name name##_copy(const name *record_)     \
    {                                                                                      \
        name copy_;                                                                        \
        STET_FIELDS_(STET_RECORD_COPY_, __VA_ARGS__)                                       \
        return copy_;                                                                      \
    }                                                                                      \
    STET_WRAPPER STET_NONNULL_(1) void name##_drop(name *record_)                          \
    {                                                                                      \
        STET_FIELDS_(STET_RECORD_DROP_, __VA_ARGS__)                                       \
        memset(record_, 0, sizeof *record_);                                               \
    }                                                                                      \
    STET_HANDLE_MOVES_(name)                                                               \
    STET_WRAPPER STET_NONNULL_(1) void name##_retain(const name *record_)                  \
    {                                                                                      \
        name held_ = name##_copy(record_);                                                 \
        (void)held_;                                                                       \
    }                                                                                      \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_identical(const name *a_, const name *b_) \
    {                                                                                      \
        return true STET_FIELDS_(STET_RECORD_IDENTICAL_, __VA_ARGS__);                     \
    }                                                                                      \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_equal(const name *a_, const name *b_)     \
    {                                                                                      \
        return true STET_FIELDS_(STET_RECORD_EQUAL_, __VA_ARGS__);                         \
    }                                                                                      \
    STET_RECORD_TYPE_(name, __VA_ARGS__)

/* Makes name_type. The record is prompt if one of its fields is. */
#define STET_RECORD_TYPE_(name, ...)                                                                        \
    STET_WRAPPER uint64_t name##_type_hash_(const void *e_, uint64_t seed_)                                 \
    {                                                                                                       \
        const name *record_ = STET_CAST_(const name *, e_);                                                 \
        uint64_t hash_ = seed_;                                                                             \
        STET_FIELDS_(STET_RECORD_HASH_, __VA_ARGS__)                                                        \
        return hash_;                                                                                       \
    }                                                                                                       \
    STET_WRAPPER bool name##_type_equal_(const void *a_, const void *b_)                                    \
    {                                                                                                       \
        return name##_equal(STET_CAST_(const name *, a_), STET_CAST_(const name *, b_));                    \
    }                                                                                                       \
    STET_WRAPPER void name##_type_retain_(const void *e_) { name##_retain(STET_CAST_(const name *, e_)); }  \
    STET_WRAPPER void name##_type_release_(void *e_) { name##_drop(STET_CAST_(name *, e_)); }               \
    STET_DESCRIBED_BY_(name, name##_type)                                                                   \
    STET_TYPE_(name##_type, name, name##_type_hash_, name##_type_equal_, STET_NULL_, name##_type_retain_,   \
               name##_type_release_,                                                                        \
               +STET_REFCOUNTED | (false STET_FIELDS_(STET_RECORD_PROMPT_, __VA_ARGS__) ? 0 : +STET_LAZY) | \
                   (true STET_FIELDS_(STET_RECORD_NOWHERE_, __VA_ARGS__) ? +STET_ACYCLIC : 0))

#define STET_RECORD_FIELD_(type, field) type field;
#define STET_RECORD_COPY_(type, field) copy_.field = type##_copy(&record_->field);
#define STET_RECORD_DROP_(type, field) type##_drop(&record_->field);
#define STET_RECORD_HASH_(type, field) \
    hash_ = stet_hash_combine(hash_, stet_type_hash(&type##_type, &record_->field, seed_));
#define STET_RECORD_EQUAL_(type, field) &&stet_type_equal(&type##_type, &a_->field, &b_->field)
#define STET_RECORD_IDENTICAL_(type, field) &&type##_identical(&a_->field, &b_->field)
#define STET_RECORD_NOWHERE_(type, field) &&STET_LEADS_NOWHERE_(type##_type_flags_)
#define STET_RECORD_PROMPT_(type, field) || STET_PROMPT_(type##_type_flags_)

/* Expands to each(type, field) for each of the pairs. */
#define STET_FIELDS_(each, ...) STET_FIELDS_PICK_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, ~)(each, __VA_ARGS__)
#define STET_FIELDS_PICK_(a, b, c, d, e, f, g, h, n, ...) STET_FIELDS_##n##_
#define STET_FIELDS_1_(each, a) each a
#define STET_FIELDS_2_(each, a, ...) each a STET_FIELDS_1_(each, __VA_ARGS__)
#define STET_FIELDS_3_(each, a, ...) each a STET_FIELDS_2_(each, __VA_ARGS__)
#define STET_FIELDS_4_(each, a, ...) each a STET_FIELDS_3_(each, __VA_ARGS__)
#define STET_FIELDS_5_(each, a, ...) each a STET_FIELDS_4_(each, __VA_ARGS__)
#define STET_FIELDS_6_(each, a, ...) each a STET_FIELDS_5_(each, __VA_ARGS__)
#define STET_FIELDS_7_(each, a, ...) each a STET_FIELDS_6_(each, __VA_ARGS__)
#define STET_FIELDS_8_(each, a, ...) each a STET_FIELDS_7_(each, __VA_ARGS__)

#endif
