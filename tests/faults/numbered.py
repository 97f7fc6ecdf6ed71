"""The 92 faults that the program has to come through, by their numbers, and which tests prove that it does.

A proof is ``file::test`` below ``tests``; what cannot be met on the machine that tests says why in ``short``, and has
the nearest thing that can.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """``name``: what happens; ``proofs``: the tests; ``short``: how far these fall short of the thing itself."""

    name: str
    proofs: tuple[str, ...]
    short: str = ""


def _fault(name: str, *proofs: str, short: str = "") -> Fault:
    return Fault(name, proofs, short)


PICTURE, APART = "data/decoding/test_decode_picture.py::test_", "data/decoding/test_decode_apart.py::test_"
FOLDER, TABLE, ZIP = (f"data/sources/test_{name}.py::test_" for name in ("folder", "table", "zip"))
VECTORS, BROKEN = "data/sources/test_vectors.py::test_", "data/sources/test_broken_vectors.py::test_"
OPENING, SPLIT = "data/test_opening.py::test_", "data/test_split.py::test_"
RUN, CHECKPOINT, HEADER = (f"runs/test_{name}.py::test_" for name in ("folder", "checkpoints", "header"))
TRAINER, TRAINING = "learn/test_trainer.py::test_", "cli/test_training.py::test_"
SETTINGS, CLIENT = "ui/session/test_settings.py::test_", "engine/analysis/test_client.py::test_"
MUTANTS, KILL, PICKLES = (f"faults/test_{name}.py::test_" for name in ("mutants", "kill", "pickles"))
ACTIONS = "faults/test_window_actions.py::test_some_random_actions_harm_nothing"
OTHER = "faults/test_other_faults.py::test_"
NO_GPU = "No GPU in the tests"

FAULTS: dict[int, Fault] = {
    # pictures
    1: _fault("zero bytes", PICTURE + "what_cannot_be_used_says_why"),
    2: _fault("a JPEG that is cut off", PICTURE + "what_cannot_be_used_says_why"),
    3: _fault("random bytes", MUTANTS + "no_damaged_file_is_believed_or_takes_the_process_with_it"),
    4: _fault("more than 179 million pixels", PICTURE + "bombs_are_refused_before_they_unpack"),
    5: _fault(
        "a cap of our own",
        PICTURE + "bombs_are_refused_before_they_unpack",
        APART + "what_claims_too_much_is_refused_before_it_is_decoded",
    ),
    6: _fault("EPS that is called .png", OTHER + "a_format_that_is_not_allowed_is_not_opened_under_another_name"),
    7: _fault(
        "CMYK, 16 bit, palette, alpha",
        PICTURE + "cmyk_and_animations",
        PICTURE + "deep_values_are_brought_to_bytes",
        PICTURE + "transparency_lies_on_white",
    ),
    8: _fault("EXIF rotation", PICTURE + "orientation_is_applied_once"),
    9: _fault("a GIF of 10,000 frames", OTHER + "of_an_endless_animation_the_first_picture_is_taken"),
    10: _fault("corrupt ICC and EXIF", PICTURE + "corrupt_profiles_and_exif_keep_the_pixels"),
    11: _fault("1 × 1 and 1 × 60,000", PICTURE + "extreme_shapes_load"),
    12: _fault("decoding takes over 10 s", APART + "a_decoder_that_hangs_or_dies_costs_one_picture_and_leaves_nothing"),
    13: _fault(
        "changed or deleted within an epoch",
        OPENING + "a_picture_deleted_after_the_scan_is_read_again_later",
        VECTORS + "a_large_file_is_copied_into_the_cache_and_may_be_written_over",
    ),
    # folders
    14: _fault("a loop of links", FOLDER + "loops_of_links_end"),
    15: _fault("names that are no UTF-8", FOLDER + "names_that_are_no_text"),
    16: _fault(
        "a million files",
        OTHER + "a_large_folder_is_listed_in_bounded_memory_and_cancelled",
        short="200,000 files in the long form, 10,000 in the short one",
    ),
    17: _fault("an empty folder", FOLDER + "empty_and_missing_and_wrong"),
    18: _fault("unreadable", FOLDER + "no_permission"),
    19: _fault(
        "pipes and devices",
        FOLDER + "only_regular_files_are_opened",
        "core/test_recipe.py::test_a_pipe_a_device_and_a_huge_file_are_refused_at_once",
    ),
    20: _fault(
        "a network drive hangs",
        FOLDER + "only_regular_files_are_opened",
        "engine/test_jobs.py::test_a_job_can_be_cancelled_and_that_is_no_error",
        short="No such drive here: a pipe that nobody writes to stands for it, and reading is cancelled",
    ),
    21: _fault("the limit of inotify", OTHER + "no_folder_is_watched"),
    22: _fault(
        "twins in NFC and NFD",
        OTHER + "names_that_look_alike_long_ones_and_those_of_devices_are_classes",
        TABLE + "windows_paths_and_two_forms_of_an_accent",
    ),
    23: _fault(
        "nested, mixed and web addresses dropped",
        "ui/widgets/test_local_paths.py::test_only_local_things_can_be_dropped",
        "ui/shell/test_main_window.py::test_a_second_drop_asks_what_it_should_be",
    ),
    24: _fault(
        "more than 260 characters, CON",
        OTHER + "names_that_look_alike_long_ones_and_those_of_devices_are_classes",
        short="Written on Linux, where they are allowed",
    ),
    # tables of labels
    25: _fault("BOM, UTF-16, Latin-1", TABLE + "encodings_and_delimiters"),
    26: _fault("a column is missing", TABLE + "columns_can_be_named_and_missing_ones_list_those_found"),
    27: _fault("duplicates that contradict", TABLE + "conflicts_repeats_and_missing_files"),
    28: _fault("rows and pictures without the other", TABLE + "conflicts_repeats_and_missing_files"),
    29: _fault("01 and NA stay texts", OTHER + "numbers_with_zeros_and_na_are_texts"),
    30: _fault("a quote without end, NUL", TABLE + "damage_is_told_in_one_sentence"),
    31: _fault("100,000 classes", TABLE + "many_classes", "ui/map/legend/test_legend.py::test_*"),
    32: _fault(
        "names of bidi and zero width",
        "cli/test_console.py::test_text_cannot_disguise_itself_or_the_terminal",
        "ui/widgets/test_text.py::test_names_are_never_markup",
    ),
    # vectors
    33: _fault("an array of objects", BROKEN + "every_bad_file_is_one_sentence"),
    34: _fault(".npy that claims 16 GiB", BROKEN + "every_bad_file_is_one_sentence"),
    35: _fault(
        "a bomb as npz or Parquet",
        BROKEN + "a_bomb_is_refused_before_it_is_unpacked",
        VECTORS + "a_text_that_is_repeated_for_nothing_is_refused",
        OTHER + "texts_in_parquet_that_repeat_for_nothing_take_little_memory",
    ),
    36: _fault("NaN and infinity", VECTORS + "what_is_finite_is_read_as_float32_and_the_rest_is_told"),
    37: _fault(
        "rows and ids differ", BROKEN + "labels_that_do_not_fit_are_told", VECTORS + "a_single_value_is_no_labels"
    ),
    38: _fault("rank, type, dimension, no rows", BROKEN + "every_bad_file_is_one_sentence"),
    39: _fault(
        "Parquet that is cut off or of extension types",
        MUTANTS + "what_was_found_once_is_refused_or_left_out",
        VECTORS + "times_in_nanoseconds_are_texts",
        BROKEN + "a_damaged_file_opens_or_is_told",
    ),
    40: _fault("a ragged CSV", TABLE + "ragged_rows_are_listed_with_their_line"),
    41: _fault("a faiss index", PICKLES + "no_importer_runs_a_pickle", OTHER + "nothing_that_runs_code_is_called"),
    # models and sessions
    42: _fault(".pt and .pkl", OTHER + "a_model_that_can_run_code_is_refused_with_what_to_do"),
    43: _fault(
        "safetensors that are cut off", CHECKPOINT + "a_damaged_checkpoint_is_refused_and_the_one_before_is_used"
    ),
    44: _fault("a header of 100,000 tensors", CHECKPOINT + "hostile_tensors_are_refused_in_one_sentence"),
    45: _fault(
        "a flipped bit",
        CHECKPOINT + "a_damaged_checkpoint_is_refused_and_the_one_before_is_used",
        "runs/test_checksums.py::test_no_wrong_bit_has_another_meaning",
    ),
    46: _fault("another architecture", "learn/test_checkpoints.py::test_a_checkpoint_of_another_network_is_refused"),
    47: _fault(
        "newer and older schemas",
        HEADER + "a_newer_schema_is_refused_with_the_version_that_is_needed",
        HEADER + "an_older_schema_is_migrated_on_a_copy",
        "runs/test_golden.py::test_a_golden_run_opens_and_embeds_as_it_did",
    ),
    48: _fault("the data have moved", OTHER + "a_handful_of_items_is_trained_and_asked_and_named_where_it_moved"),
    49: _fault(
        "weights that are NaN",
        "learn/test_checkpoints.py::test_weights_that_are_not_finite_are_refused",
        CHECKPOINT + "one_that_is_not_finite_is_passed_over_and_that_is_said",
    ),
    50: _fault("copied while it is written", RUN + "a_copy_is_a_run", OTHER + "a_run_is_copied_while_it_is_written"),
    # settings
    51: _fault("settings of random bytes", SETTINGS + "a_damaged_file_is_set_aside_and_the_defaults_are_used"),
    52: _fault("settings out of range", SETTINGS + "one_wrong_value_is_forgotten_and_the_others_stay"),
    53: _fault(
        "a window off the screen",
        "ui/shell/layout/test_placed_window.py::test_a_window_that_was_left_off_the_screen_is_on_it_again",
    ),
    54: _fault("settings that cannot be written", SETTINGS + "a_folder_that_cannot_be_written_does_not_stop_the_work"),
    # training
    55: _fault("the loss is NaN", TRAINER + "a_diverging_run_stops_before_the_step_and_keeps_finite_weights"),
    56: _fault("one class", TRAINER + "one_class_is_refused_in_words"),
    57: _fault("classes of one item", SPLIT + "small_and_unlabelled_classes_are_noted"),
    58: _fault("no triplets", "learn/test_contracts.py::test_losses_are_finite_on_every_batch"),
    59: _fault(
        "the rate is too high",
        "engine/run/test_alarms.py::test_other_signs",
        TRAINING + "what_goes_wrong_in_training_is_said_with_what_to_try",
    ),
    60: _fault("collapse", "engine/run/test_alarms.py::test_a_real_collapse_rings_and_one_click_brings_the_run_back"),
    61: _fault(
        "overflow of mixed precision",
        TRAINER + "a_diverging_run_stops_before_the_step_and_keeps_finite_weights",
        short=f"{NO_GPU}; it is in bfloat16 there, which has the range of float32 and no scale that could overflow",
    ),
    62: _fault(
        "a batch larger than the data", OTHER + "a_handful_of_items_is_trained_and_asked_and_named_where_it_moved"
    ),
    63: _fault(
        "fewer items than neighbours", OTHER + "a_handful_of_items_is_trained_and_asked_and_named_where_it_moved"
    ),
    64: _fault(
        "UMAP fails",
        "projection/methods/test_umap_learn.py::test_what_the_package_would_refuse_is_refused_in_words",
        "projection/test_live_layout.py::test_the_first_picture_is_pca_and_motion_is_continuous",
    ),
    # resources
    65: _fault(
        "the GPU is full",
        "learn/test_out_of_memory.py::test_batches_are_halved_until_they_fit_and_the_run_goes_on_to_its_end",
        TRAINER + "running_out_of_memory_says_what_to_make_smaller",
        short=f"{NO_GPU}: what torch raises there is raised by the step",
    ),
    66: _fault(
        "an assertion on the device",
        TRAINER + "a_fault_of_ours_carries_its_traceback",
        short=f"{NO_GPU}: a fault within a step ends the run in words; what was saved goes on in a new start",
    ),
    67: _fault(
        "the GPU goes away",
        "learn/test_parts.py::test_a_missing_gpu_is_said_in_words",
        short=f"{NO_GPU}: one that is not there at the start",
    ),
    68: _fault("the kernel kills the analysis", CLIENT + "a_killed_process_comes_back_with_what_it_knew"),
    69: _fault(
        "the disk is full",
        "faults/test_disk_full.py::test_a_full_disk_loses_nothing_that_was_acknowledged",
        "faults/test_disk_full.py::test_every_other_writer_keeps_what_was_there",
        "engine/run/test_unsaved.py::test_a_run_waits_for_its_disk_and_goes_on",
    ),
    70: _fault(
        "the folder is read-only or goes",
        "engine/run/test_unsaved.py::test_without_a_window_the_run_ends_and_says_why",
        TRAINING + "a_run_whose_folder_went_away_ends_with_a_reason_and_not_as_done",
        "end_to_end/test_unsaved.py::test_it_goes_on_when_the_folder_is_back",
        "faults/test_read_only.py::test_*",
    ),
    71: _fault("no handles left", OTHER + "a_run_gets_by_with_few_handles"),
    # from start to end
    72: _fault("kill −9 while a checkpoint is saved", KILL + "a_killed_writer_loses_nothing_it_acknowledged"),
    73: _fault(
        "a power cut",
        KILL + "every_call_of_a_save_may_fail",
        "faults/test_failing_calls.py::test_every_call_of_every_other_writer_may_fail",
        "runs/test_atomic.py::test_when_the_disk_refuses_the_old_file_is_intact_and_nothing_is_left",
        short="No power is cut: every call that writes is failed or killed, and what is acknowledged was synced before",
    ),
    74: _fault(
        "closed while it trains",
        "end_to_end/test_main_job.py::test_drop_train_click_pause_move_the_margin_resume_close",
    ),
    75: _fault(
        "two instances",
        RUN + "two_writers_are_refused_and_a_reader_is_not",
        RUN + "the_lock_of_a_dead_process_is_recovered",
    ),
    76: _fault(
        "SIGTERM and log-out",
        "faults/test_terminated_window.py::test_a_signal_saves_the_run_and_closes_the_window",
        TRAINING + "a_request_to_terminate_saves_and_resume_goes_on",
    ),
    77: _fault("the clock jumps", OTHER + "durations_are_measured_by_a_clock_that_does_not_jump"),
    78: _fault("what a dead writer left", RUN + "leftovers_of_a_dead_writer_are_swept"),
    # the window
    79: _fault("20 clicks a second", ACTIONS),
    80: _fault(
        "another dataset while it trains",
        "engine/session/test_session.py::test_another_dataset_while_training_ends_the_run_and_makes_its_results_stale",
    ),
    81: _fault(
        "the least size, another density",
        "ui/map/canvas/test_point_canvas.py::test_a_resize_keeps_everything_in_sight",
        ACTIONS,
    ),
    82: _fault("a million points", "benchmarks/test_canvas.py::test_*", short="Measured by the benchmarks"),
    83: _fault(
        "an exception in a slot",
        "ui/shell/messages/test_toasts.py::test_a_fault_in_a_slot_is_saved_and_told_and_the_loop_lives",
        "ui/shell/messages/test_fault_dialog.py::test_a_storm_of_faults_from_slots_and_threads_is_one_dialog_with_a_count",
    ),
    84: _fault(
        "a signal after a widget is gone",
        ACTIONS,
        "faults/test_open_and_close.py::test_opening_and_closing_leaves_nothing",
    ),
    # security
    85: _fault(
        "a pickle under any name",
        PICKLES + "no_importer_runs_a_pickle",
        PICKLES + "no_file_of_a_run_and_no_setting_runs_a_pickle",
        OTHER + "nothing_that_runs_code_is_called",
    ),
    86: _fault(
        "entries that lead elsewhere, links, bombs",
        ZIP + "entries_that_could_do_harm_are_refused",
        ZIP + "entries_that_share_bytes_are_a_bomb",
        "data/sources/test_webdataset.py::test_what_is_broken_is_left_out_with_its_reason",
    ),
    87: _fault("classes like ../../x and CON", OTHER + "no_file_is_called_by_a_class"),
    88: _fault("cells like =cmd", "runs/test_items.py::test_no_cell_begins_like_a_formula_and_all_come_back"),
    89: _fault(
        "labels like <img>",
        "ui/widgets/test_text.py::test_names_are_never_markup",
        "ui/widgets/test_text.py::test_names_in_tips_are_never_markup",
    ),
    90: _fault("a recipe that names a class", HEADER + "a_recipe_that_names_code_is_refused"),
    91: _fault(
        "a run that somebody planted",
        RUN + "no_file_of_a_run_names_code_or_needs_unpickling",
        HEADER + "a_damaged_header_is_one_sentence",
    ),
    92: _fault("escapes for the terminal", "cli/test_console.py::test_text_cannot_disguise_itself_or_the_terminal"),
}
