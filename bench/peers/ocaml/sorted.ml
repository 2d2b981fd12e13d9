(* SPDX-License-Identifier: MIT *)
(* OCaml's Map of ints as a peer of the sorted rows, in a process of its own: rows/sorted.h and rows/map.h say what they
   are, and with which keys (here of 63 bits). What the collector takes is in the times; a release costs nothing else.

     sorted_ocaml --list                           names ROW/KIND/N/ocaml, of the sizes of BENCH_SIZES
     sorted_ocaml ROW/KIND/N REPETITIONS SECONDS   measures one of them; JSON in Google Benchmark's layout *)

module M = Map.Make (Int)

(* ---- keys ---- *)

let scatter number =
  let fold shift z = Int64.(logxor z (shift_right_logical z shift)) in
  let z = Int64.(add (of_int number) 0x9E3779B97F4A7C15L) in
  let z = Int64.mul (fold 30 z) 0xBF58476D1CE4E5B9L in
  let z = Int64.mul (fold 27 z) 0x94D049BB133111EBL in
  Int64.to_int (fold 31 z) land max_int

let absent = 1 lsl 40
let round_length = 16384
let kept_versions = 1024
let pairs = 64
let collections n = max 1 (round_length / n)

let shuffled n seed =
  let order = Array.init n Fun.id in
  for i = n - 1 downto 1 do
    let j = scatter (seed + i) mod (i + 1) in
    let other = order.(j) in
    order.(j) <- order.(i);
    order.(i) <- other
  done;
  order

let keys n = Array.init n scatter
let misses n = Array.init (max n round_length) (fun i -> scatter (absent + i))

let hits n =
  Array.concat (List.init (collections n) (fun pass -> Array.map scatter (shuffled n (pass * n))))

let sorted some =
  let some = Array.copy some in
  Array.sort Int.compare some;
  some

(* n keys for each of collections n *)
let stock n = Array.init (collections n) (fun c -> Array.init n (fun i -> scatter ((c * n) + i)))

let fill some = fst (Array.fold_left (fun (m, i) k -> (M.add k i m, i + 1)) (M.empty, 0) some)
let collection n = fill (keys n)

(* ---- rows: each pass does so many operations ---- *)

type row = { operations : int; pass : unit -> unit }

let sink = ref 0
let each some f = { operations = Array.length some; pass = (fun () -> Array.iter f some) }

let reads some n =
  let m = collection n in
  each (some n) (fun k -> match M.find_opt k m with Some v -> sink := !sink + v | None -> ())

let get_dependent n =
  let m = collection n in
  each (hits n) (fun k -> sink := M.find (k + (!sink lsr 61)) m)

let iterate n =
  let m = collection n in
  let pass () = for _ = 1 to collections n do M.iter (fun _ v -> sink := !sink + v) m done in
  { operations = n * collections n; pass }

let seek20 n =
  let m = collection n in
  let rec walk count s =
    if count > 0 then
      match s () with
      | Seq.Nil -> ()
      | Seq.Cons ((_, v), rest) ->
          sink := !sink + v;
          walk (count - 1) rest
  in
  each (hits n) (fun k -> walk 20 (M.to_seq_from k m))

let all some size pass = { operations = size * Array.length some; pass = (fun () -> Array.iter pass some) }
let build of_keys n = all (Array.map of_keys (stock n)) n (fun some -> ignore (Sys.opaque_identity (fill some)))

let erase_half n =
  let half some = Array.map (fun i -> some.(i)) (Array.sub (shuffled n some.(0)) 0 (n / 2)) in
  let some = Array.map (fun some -> (fill some, half some)) (stock n) in
  let remove m k = M.remove k m in
  all some (n / 2) (fun (m, leaving) -> ignore (Sys.opaque_identity (Array.fold_left remove m leaving)))

(* So many results of one map and keys, all kept until the next pass. *)
let versions count some n f =
  let m = collection n and some = some n and at = ref 0 in
  let kept = Array.make count (f m some.(0)) in
  let pass () =
    for i = 0 to count - 1 do
      incr at;
      kept.(i) <- f m some.(!at mod Array.length some)
    done
  in
  { operations = count; pass }

let unions n first_end from =
  let some = sorted (keys n) in
  let part from size = fill (Array.sub some from size) in
  let left = part 0 first_end and right = part from (n - from) in
  let kept = Array.make pairs M.empty in
  let first_of _ a _ = Some a in
  let pass () = for i = 0 to pairs - 1 do kept.(i) <- M.union first_of left right done in
  { operations = pairs; pass }

let rows =
  [ ("get_hit", reads hits);
    ("get_dependent", get_dependent);
    ("get_miss", reads misses);
    ("iterate", iterate);
    ("seek20", seek20);
    ("build", build Fun.id);
    ("build_ascending", build sorted);
    ("erase_half", erase_half);
    ("with_update", fun n -> versions kept_versions hits n (fun m k -> M.add k (scatter k) m));
    ("with_insert", fun n -> versions kept_versions misses n (fun m k -> M.add k 0 m));
    ("without", fun n -> versions kept_versions hits n (fun m k -> M.remove k m));
    ("split", fun n -> versions pairs hits n (fun m k -> M.split k m));
    ("union_disjoint", fun n -> unions n (n / 2) (n / 2));
    ("union_overlap", fun n -> unions n (n - (n * 3 / 8)) (n * 3 / 8)) ]

(* ---- the clock ---- *)

let measure row seconds =
  let passes = ref 0 and from = Sys.time () in
  while Sys.time () -. from < seconds || !passes = 0 do
    row.pass ();
    incr passes
  done;
  (!passes, (Sys.time () -. from) *. 1e9 /. float (!passes * row.operations))

let sizes =
  String.split_on_char ',' (try Sys.getenv "BENCH_SIZES" with Not_found -> "10,100,1000,10000,100000,1000000")

let () =
  match Array.to_list Sys.argv |> List.tl with
  | [ "--list" ] ->
      List.iter (fun (row, _) -> List.iter (Printf.printf "%s/sorted/%s/ocaml\n" row) sizes) rows
  | [ group; repetitions; seconds ] ->
      let row, n = Scanf.sscanf group "%[^/]/sorted/%d" (fun row n -> (row, n)) in
      let row = (List.assoc row rows) n in
      row.pass ();
      let one _ =
        let passes, time = measure row (float_of_string seconds) in
        Printf.sprintf
          "{\"name\": \"%s/ocaml\", \"run_name\": \"%s/ocaml\", \"run_type\": \"iteration\", \"iterations\": %d, \
           \"cpu_time\": %.4f, \"time_unit\": \"ns\"}"
          group group (passes * row.operations) time
      in
      Printf.printf "{\"context\": {\"ocaml\": \"%s\"}, \"benchmarks\": [\n%s\n]}\n" Sys.ocaml_version
        (String.concat ",\n" (List.init (int_of_string repetitions) one))
  | _ ->
      prerr_endline "usage: sorted_ocaml --list | ROW/KIND/N REPETITIONS SECONDS";
      exit 2
