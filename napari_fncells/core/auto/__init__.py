"""The draft that chooses by itself: level sets of a picture, judged as cells one by one."""
