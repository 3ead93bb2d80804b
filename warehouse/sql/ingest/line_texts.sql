-- Sets the text of every rejected line that lies in the registered chunk `lines`.
update rejects
set text = rtrim(lines.text, chr(10) || chr(13))
from lines
where rejects.line = lines.line and rejects.text is null
