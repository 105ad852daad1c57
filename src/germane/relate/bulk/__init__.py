"""The similar articles of a whole corpus at once: the same likeness as `relate.similar`, at a thirtieth of the cost.

Articles are put into lists of near ones by their vectors (`clustering`). All that comparing needs is described a batch
at a time (`describing`) and laid side by side in files, list by list (`corpus`). Then list after list is related:
its articles are compared with all of the nearest lists, and with those that share rare words or citations
(`candidates`, `graph`); nearly equal ones are folded (`folding`); what is left is told with its reasons (`telling`).
`relating` is the straight line through all of it.
"""
