"""How somebody proves who they are before anything is signed: one way each, behind one door."""
