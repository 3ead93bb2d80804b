-- Macros that the stage queries speak in: what a text has to look like, and what it means.
-- Patterns and not casts decide, because DuckDB's casts also take '1e5', ' 5', 'NaN' and dates
-- without a zone.

-- Letters, marks, numbers, punctuation, symbols and inner spaces: no control or invisible
-- characters. A leading = + - @ is refused, since analysts open exports in spreadsheets, where it
-- starts a formula.
create macro is_printable(value) as
    regexp_full_match(value, '[\p{L}\p{N}\p{P}\p{S}]([\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?')
    and not (starts_with(value, '=') or starts_with(value, '+')
             or starts_with(value, '-') or starts_with(value, '@'));

-- Printable ASCII and nothing else, which is most of what comes and costs little to see.
create macro is_plain(value) as
    regexp_full_match(value, '[!-*,./0-<>?A-~](?:[ -~]*[!-~])?');

create macro is_decimal(value) as regexp_full_match(value, '-?[0-9]+(\.[0-9]+)?');

-- Digits beyond the kept ones are cut from the text, which is toward zero; a cast would round.
create macro usd(value) as
    case when is_decimal(value)
         then try_cast(coalesce(nullif(regexp_extract(value, '^-?[0-9]+\.[0-9]{10}'), ''), value) as decimal(28,10)) end;
create macro quantity(value) as
    case when is_decimal(value)
         then try_cast(coalesce(nullif(regexp_extract(value, '^-?[0-9]+\.[0-9]{12}'), ''), value) as decimal(38,12)) end;
create macro loses_usd_digits(value) as
    length(value) > 11 and regexp_matches(value, '\.[0-9]{10}[0-9]*[1-9]');
create macro loses_quantity_digits(value) as
    length(value) > 13 and regexp_matches(value, '\.[0-9]{12}[0-9]*[1-9]');

create macro has_date_and_time(value) as
    regexp_matches(value, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}');
create macro has_zone(value) as
    regexp_matches(value, '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$') and length(value) > 16;
-- Digits behind the microsecond are cut.
create macro instant(value) as
    case when regexp_full_match(value,
             '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)')
         then make_timestamp(epoch_us(try_cast(value as timestamptz))) end;
-- An instant as microseconds since 1970; those whose day cannot be told are none.
create macro microseconds(value) as
    case when value between -62135596800000000 and 253402300799999999 then make_timestamp(value) end;
create macro is_sane(moment) as
    moment >= timestamp '2000-01-01' and moment < timestamp '2200-01-01';

-- The fields of one CSV record, quotes taken off; null where the quotes are broken.
create macro csv_fields(record) as
    case when not contains(record, '"') then string_split(record, ',')
         when regexp_full_match(record, '("([^"]|"")*"|[^",]*)(,("([^"]|"")*"|[^",]*))*')
         then list_transform(
             regexp_extract_all(',' || record, ',("(?:[^"]|"")*"|[^",]*)', 1),
             lambda field: case when starts_with(field, '"')
                                then replace(field[2:-2], '""', '"') else field end)
    end;
