"""How a case is handled: who may move it where, by when, with which materials, and under which number.

What this package promises, and where each rule comes from (domain notes = the project's notes on the domain,
section "Handling a case" unless another is named):

- A case moves only along the workflow of its item's mode, by whom the workflow names (`moves`, `workflow`).
- Working days come from the State Council's published notices; the day of receipt is not counted; across a
  year without a notice a date is 暂定, never silently Monday to Friday (`calendar`; domain notes, Working days).
- A department's clock starts with its own acceptance. Until then a date is 预计: handover + limit (`limits`,
  `explanation`). Stages may stop for 补正, 公示, 评审 (`clocks`, `case_clock`).
- A licence whose missing materials are not told within 5 working days counts as accepted from receipt
  (`licence`; 行政许可法 art. 32 and 82).
- Missing materials are told once, in full, in writing (`materials`; 一次性告知).
- Who is asked first is responsible until a formal handover (`duty`; 首问负责, AB岗); the applicant may withdraw
  until the decision (`interruptions`).
- A slip made offline carries a check digit; the official number is the server's (`receipt`).
- Same person, item and duplicate key, both open: a suspicion, settled by a person (`duplicates`).

What it refuses: to guess a date's certainty, to fill in what a catalogue does not know, and to decide about a
person. It does no I/O; days and times come in as arguments.
"""
