"""Looks at an integration without starting it: is it sound, how good is it, what does its mapping do?"""
