"""Documents kept, and their changes announced: list, watch, put, delete. It knows nothing of
meaning.

`verbs.Store` is the contract; `sqlite` keeps documents durably in one file, `directory` shows a
folder of manifests read-only. What a store holds is untrusted text.
"""
